#!/usr/bin/env python3
"""What scripts/gpu-day --pack writes: what is in it, and that it starts in a root with nothing but glibc
and Python. Exits with 77 where the preset has not been built.

    gpu_day_pack_test.py BUILD_FOLDER
"""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
from gpu_day.pack import MOST_BYTES, PROGRAMS, loaded_by, write_pack
from gpu_day.torch_folder import find_torch

NO_DEVICE = 77
FATBIN = struct.pack("<I", 0xBA55ED50)  # begins device code of some architectures within a program
ARCHITECTURES = {80, 90}
CHROOT = shutil.which("chroot", path=os.defpath + ":/usr/sbin:/sbin")
GLIBC = ("librt.so.1", "libdl.so.2", "libpthread.so.0", "libm.so.6", "libutil.so.1")
LOADER = "/lib64/ld-linux-x86-64.so.2"


def architectures(data):
    """Of all device code, machine code or PTX, within a program."""
    found = set()
    for begin in (match.start() for match in re.finditer(re.escape(FATBIN), data)):
        _, _, header, size = struct.unpack_from("<IHHQ", data, begin)
        at = begin + header
        while at < begin + header + size:
            _, _, entry_header, entry_size = struct.unpack_from("<HHIQ", data, at)
            found.add(struct.unpack_from("<I", data, at + 28)[0])
            at += entry_header + entry_size
    return found


class Pack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())).resolve()
        cls.file = cls.folder / "day.tar"
        cls.bytes = write_pack(ROOT, BUILD, cls.file)
        cls.tree = cls.folder / "root/day"
        cls.tree.mkdir(parents=True)
        with tarfile.open(cls.file) as tar:
            tar.extractall(cls.tree)

    def binaries(self):
        return [*(self.tree / "bin").iterdir(), *(self.tree / "lib").glob("*.so*")]

    def test_is_small_and_the_same_every_time(self):
        self.assertEqual(self.bytes, self.file.stat().st_size)
        self.assertLess(self.bytes, MOST_BYTES)
        again = self.folder / "again.tar"
        write_pack(ROOT, BUILD, again)
        self.assertEqual(again.read_bytes(), self.file.read_bytes())

    def test_holds_programs_libraries_and_scripts_and_nothing_of_glibc_or_torch(self):
        names = {str(path.relative_to(self.tree)) for path in self.tree.rglob("*") if path.is_file()}
        for name in (*(f"bin/{program}" for program in PROGRAMS), "gpu-day", "lib/libjest.so.0",
                     "lib/libhwy.so.1", "lib/compiler/libstdc++.so.6", "benchmarks/cuda/compiled_peers.py",
                     "benchmarks/gpu_day/nccl.py"):
            self.assertIn(name, names)
        self.assertFalse([name for name in names if re.search(r"lib(?:c|m|torch\w*|c10\w*)\.so|ld-linux", name)])

    def test_finds_its_libraries_beside_itself(self):
        for binary in self.binaries():
            said = subprocess.run(["readelf", "-d", binary], check=True, encoding="utf-8",
                                  stdout=subprocess.PIPE).stdout
            if re.search(r"NEEDED.*lib(?:hwy|jest)\.so", said):
                self.assertIn("runpath: [$ORIGIN:$ORIGIN/../lib", said, binary.name)

    def test_device_code_is_for_two_architectures(self):
        for name in ("bin/jest_gpu_tests", "bin/cuda_picks", "lib/libjest.so.0"):
            self.assertEqual(architectures((self.tree / name).read_bytes()), ARCHITECTURES, name)

    def test_starts_in_a_bare_root_and_says_that_there_is_no_device(self):
        if os.geteuid() != 0 or not CHROOT:
            self.skipTest("only root may change its root")
        root = bare_root(self.tree.parent)
        torch = find_torch(None, ROOT) or cached_torch()
        for beside in (None, torch):
            if beside:
                link_torch(beside, self.tree / "libtorch")
            done = subprocess.run([CHROOT, root, "/bin/python3", "/day/gpu-day"], encoding="utf-8", check=False,
                                  env={"PYTHONHOME": "/python", "PATH": "/bin"}, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            if done.returncode == 125:
                self.skipTest(done.stdout)
            self.assertEqual(done.returncode, NO_DEVICE, done.stdout)
            self.assertTrue(done.stdout.startswith("gpu-day: no CUDA device"), done.stdout)
            self.assertEqual("no LibTorch 2.11" in done.stdout, beside is None)


def cached_torch():
    said = subprocess.run(["cmake", "-P", "cmake/FindLibTorch.cmake"], check=True, cwd=ROOT, encoding="utf-8",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.strip()
    return pathlib.Path(said) if said else None


def link_torch(torch, target):
    """LibTorch's libraries as they lie in an unpacked wheel; links where they can be."""
    for folder in (torch / "lib", *torch.parent.glob("nvidia/*/lib")):
        place = target / folder.relative_to(torch.parent)
        place.mkdir(parents=True)
        for library in folder.glob("*.so*"):
            try:
                os.link(library, place / library.name)
            except OSError:
                shutil.copyfile(library, place / library.name)
    for name in ("version.py", "build-version"):
        if (torch / name).is_file():
            shutil.copyfile(torch / name, target / torch.name / name)


def bare_root(root):
    """Python, its standard library, and what both load; no compiler's libraries, no shell."""
    python = pathlib.Path(sys.executable).resolve()
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    place = root / "python/lib" / library.name
    shutil.copytree(library, place, ignore=shutil.ignore_patterns(
        "site-packages", "dist-packages", "test", "idlelib", "ensurepip", "__pycache__", "config-*", "*.a"))
    (root / "dev").mkdir()
    (root / "dev/null").touch()
    (root / "bin").mkdir()
    shutil.copyfile(python, root / "bin/python3")
    (root / "bin/python3").chmod(0o755)
    needed = {}
    for binary in (python, *place.glob("lib-dynload/*.so")):
        needed |= loaded_by(binary)
    libraries = root / "lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True)
    for name, path in needed.items():
        shutil.copyfile(path, libraries / name)
    for name in GLIBC:
        shutil.copyfile(pathlib.Path(needed["libc.so.6"]).with_name(name), libraries / name)
    (root / LOADER[1:]).parent.mkdir()
    shutil.copyfile(LOADER, root / LOADER[1:])
    (root / LOADER[1:]).chmod(0o755)
    return root


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv[1])
    if not all((BUILD / "bin" / name).is_file() for name in PROGRAMS):
        print("skipped: the preset gpu-day has not been built")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
