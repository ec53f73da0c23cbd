#!/usr/bin/env python3
"""Builds the wheel of this tree, installs it into a folder of its own and runs the tests of this folder.

Usage: wheel.py FOLDER [PYTHON_WITH_TORCH]    by a Python of scripts/python-environment

The tests run by this Python, and by the other one where it has a torch and the same version. Exits
with 77 where this Python lacks what builds the wheel.
"""

import importlib.util
import os
import pathlib
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NEEDED = ("nanobind", "scikit_build_core", "numpy", "pip")


def run(words, **variables):
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"} | variables
    return subprocess.run([str(word) for word in words], cwd=ROOT, env=environment, check=False).returncode


def build(folder):
    """The wheel's path; it holds the package and nothing else."""
    wheels = folder / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    # nanobind and the generator are those of this Python, whatever PATH has.
    if run([sys.executable, "-m", "pip", "wheel", ROOT, "--quiet", "--no-build-isolation", "--no-deps",
            "--wheel-dir", wheels], PATH=os.pathsep.join([sys.prefix + "/bin", os.environ["PATH"]])):
        sys.exit("wheel.py: the wheel could not be built")
    (wheel,) = wheels.glob("*.whl")
    names = {pathlib.PurePosixPath(name) for name in zipfile.ZipFile(wheel).namelist()}
    strangers = sorted(str(name) for name in names
                       if not name.parts[0].endswith(".dist-info") and
                       not (len(name.parts) == 2 and name.parts[0] == "jest"))
    if strangers or not any(name.name.startswith("_core.cpython") for name in names):
        sys.exit(f"wheel.py: expected a wheel of jest and its module alone, got {strangers or names}")
    return wheel


def install(wheel, folder):
    site = folder / "site"
    if run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--force-reinstall",
            "--target", site, wheel]):
        sys.exit("wheel.py: the wheel could not be installed")
    return site


def run_tests(python, site):
    given = os.environ.get("PYTHONPATH")
    return run([python, "-B", "-m", "unittest", "discover", "-s", ROOT / "tests/python", "-p", "*_test.py"],
               PYTHONPATH=os.pathsep.join([str(site), *([given] if given else [])]))


def fits(python):
    """Whether the other Python can load the module of this one, and has a torch."""
    said = subprocess.run([python, "-c", "import sys, torch, numpy; print(*sys.version_info[:2])"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return said.split() == [str(number) for number in sys.version_info[:2]]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: {sys.executable} lacks {', '.join(missing)} (scripts/python-environment)")
        sys.exit(77)
    folder = pathlib.Path(sys.argv[1]).resolve()
    site = install(build(folder), folder)
    failed = run_tests(sys.executable, site)
    for python in sys.argv[2:]:
        if fits(python):
            failed |= run_tests(python, site)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
