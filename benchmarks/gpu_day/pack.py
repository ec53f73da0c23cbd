"""Everything that a machine without registries needs for a day, as one tar file: programs, libraries of
the distribution, and these scripts. LibTorch is the machine's own."""

import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile

PROGRAMS = ("cuda_ceilings", "jest_gpu_tests", "jest_torch_gpu_tests", "cuda_picks", "select_cuda_bench",
            "cuda_steps")
MOST_BYTES = 60 << 20
SCRIPTS = ("scripts/ending.py", "benchmarks/cuda_table.py", "benchmarks/cuda/compiled_peers.py")
# Of glibc, which is every Linux's own.
GLIBC = re.compile(r"^(?:linux-vdso|ld-linux.*|libc|libm|libdl|libpthread|librt|libutil|libresolv)\.so")
TORCH = re.compile(r"^lib(?:torch|c10|gomp|cudart|cupti|nvrtc|nvshmem|cu[a-z]+)[\w.+-]*\.so")
# A machine's own compiler is newer, or it has none: taken only where the loader finds no other.
COMPILER = re.compile(r"^(?:libstdc\+\+|libgcc_s)\.so")


def loaded_by(binary):
    """{name: path} of every shared library that the loader finds for `binary`."""
    said = subprocess.run(["ldd", binary], check=True, encoding="utf-8", stdout=subprocess.PIPE).stdout
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", said, re.MULTILINE))


def carried(binaries):
    """{name: path} of what the target may lack."""
    found = {}
    for binary in binaries:
        found |= {name: path for name, path in loaded_by(binary).items()
                  if not GLIBC.match(name) and not TORCH.match(name) and not name.startswith("libjest")}
    return found


def stripped(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["strip", "--strip-unneeded", "-o", target, source], check=True)


def gather(root, build, folder):
    """The tree that the tar file holds."""
    binaries = [build / "bin" / name for name in PROGRAMS]
    library = build / "lib/libjest.so.0"
    for binary in binaries:
        stripped(binary, folder / "bin" / binary.name)
    stripped(library, folder / "lib" / library.name)
    for name, path in sorted(carried([*binaries, library]).items()):
        place = "lib/compiler" if COMPILER.match(name) else "lib"
        stripped(pathlib.Path(path).resolve(), folder / place / name)
    for name in (*SCRIPTS, *(str(path.relative_to(root)) for path in root.glob("benchmarks/gpu_day/*.py"))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, folder / name)
    shutil.copyfile(root / "scripts/gpu-day", folder / "gpu-day")
    (folder / "gpu-day").chmod(0o755)


def plain(entry):
    """Of no time and no owner: one tree is one file."""
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def write_pack(root, build, file):
    """Returns its bytes."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        gather(root, build, folder)
        new = file.with_name(file.name + ".new")
        with tarfile.open(new, "w") as tar:
            for path in sorted(folder.rglob("*")):
                tar.add(path, path.relative_to(folder), recursive=False, filter=plain)
    size = new.stat().st_size
    if size > MOST_BYTES:
        new.unlink()
        raise ValueError(f"expected a pack of at most {MOST_BYTES >> 20} MiB, got {size / 2**20:.1f}")
    new.replace(file)
    return size
