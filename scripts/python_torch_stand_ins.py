"""Stand-ins for the CUDA libraries that PyTorch's wheel names, for a Python that uses the CPU alone.

As a program it makes them, with the C compiler: shared libraries of the right names and version
definitions without a single function. Imported (scripts/python-torch sees to that at the start of
Python), it loads them, so that the loader finds what libtorch_cuda.so names. Functions are bound when
they are called, which none is without a device.
"""

import ctypes
import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).with_suffix("")
LIBRARIES = ("libcublas.so.13", "libcublasLt.so.13", "libcudnn.so.9", "libcufft.so.12",
             "libcufile.so.0", "libcurand.so.10", "libcusolver.so.12", "libcusparse.so.12",
             "libcusparseLt.so.0", "libnccl.so.2", "libnvshmem_host.so.3")
VERSIONS = {"libnvshmem_host.so.3": "NVSHMEM"}  # of the others: their own name


def make(folder):
    folder.mkdir()
    for name in LIBRARIES:
        versions = folder / "versions.map"
        versions.write_text(f"{VERSIONS.get(name, name)} {{ }};\n", encoding="utf-8")
        subprocess.run(["cc", "-shared", "-nostdlib", f"-Wl,-soname,{name}",
                        f"-Wl,--version-script={versions}", "-o", folder / name, "-x", "c",
                        os.devnull], check=True)


def load():
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    for name in LIBRARIES:
        ctypes.CDLL(str(FOLDER / name), mode=os.RTLD_GLOBAL)
    sys.setdlopenflags(os.RTLD_LAZY)


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]))
elif FOLDER.is_dir():
    load()
