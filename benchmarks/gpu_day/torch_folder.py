"""Finding a LibTorch, and the libraries that its programs load."""

import importlib.util
import pathlib
import re

VERSION = "2.11"  # the one that programs are built with; the ABI of C++ differs between two


def holds_torch(folder):
    return (folder / "lib/libtorch_cpu.so").is_file()


def candidates(given, root):
    """Folders that may hold a LibTorch, or an unpacked wheel; the first is taken."""
    if given:
        return [given, given / "torch"]
    found = importlib.util.find_spec("torch")
    python = [pathlib.Path(place) for place in found.submodule_search_locations or ()] if found else []
    return [root / "libtorch", root / "libtorch/torch", root.parent / "libtorch",
            root.parent / "libtorch/torch", *python]


def find_torch(given, root):
    """The folder with lib/libtorch_cpu.so, or None. A named one comes first, then one beside this
    program, then this Python's own."""
    for folder in candidates(given, root):
        if holds_torch(folder):
            return folder.resolve()
    return None


def version_of(folder):
    """"2.11.0+cu130", or an empty string where nothing says."""
    for name, pattern in (("version.py", r"__version__ = '([^']+)'"), ("build-version", r"(\S+)")):
        path = folder / name
        if path.is_file():
            found = re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
            if found:
                return found.group(1)
    return ""


def why_not(folder):
    """Why programs cannot use this LibTorch, or None."""
    if folder is None:
        return f"no LibTorch {VERSION}: give --torch DIR, a folder libtorch beside, or a Python torch"
    version = version_of(folder)
    if version and not version.startswith(VERSION + "."):
        return f"expected LibTorch {VERSION}, got {version} in {folder}"
    return None


def library_folders(folder):
    """LibTorch's own libraries, and those of CUDA that its wheels lie beside."""
    if folder is None:
        return []
    beside = sorted(folder.parent.glob("nvidia/*/lib"))
    return [folder / "lib", *beside]
