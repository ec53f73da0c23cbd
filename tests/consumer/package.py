"""An installation of a finished build, and projects that use it: what the tests of this folder share."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent


def run(arguments, environment=None, timeout=600):
    words = [str(argument) for argument in arguments]
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=environment, timeout=timeout, check=False)


def one_line(output):
    """CMake breaks its messages into lines."""
    return " ".join(output.split())


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def made_up_libtorch(folder, version):
    """What tells a LibTorch by looking: two empty libraries and the header with the version."""
    parts = zip(("MAJOR", "MINOR", "PATCH"), version.split("."))
    header = "".join(f"#define TORCH_VERSION_{name} {value}\n" for name, value in parts)
    write(folder / "include/torch/headeronly/version.h", header)
    (folder / "include/torch/csrc/api/include").mkdir(parents=True, exist_ok=True)
    for library in ("torch_cpu", "c10"):
        write(folder / f"lib/lib{library}.so", "")
    (folder / "share/cmake/Torch").mkdir(parents=True, exist_ok=True)
    return folder.resolve()


class Package(unittest.TestCase):
    """Installs `build` once for all tests of a class."""
    build = None  # a complete build; set by main

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="jest-consumer-")
        cls.root = pathlib.Path(cls.folder.name).resolve()
        cls.prefix = cls.root / "prefix"
        done = run(["cmake", "--install", cls.build, "--prefix", cls.prefix])
        if done.returncode != 0:
            cls.folder.cleanup()
            raise AssertionError(done.stdout)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def package(self):
        (config,) = self.prefix.glob("**/jest-config.cmake")
        return config.parent

    def cache_entry(self, name):
        lines = (self.build / "CMakeCache.txt").read_text(encoding="utf-8").splitlines()
        found = [line.split("=", 1)[1] for line in lines if line.startswith(name + ":")]
        return found[0] if found else ""

    def libtorch_options(self):
        libtorch = self.cache_entry("JEST_LIBTORCH")
        return [f"-DTorch_ROOT={libtorch}"] if libtorch else []

    def libtorch_built_with(self):
        config = (self.package() / "jest-config.cmake").read_text(encoding="utf-8")
        return re.search(r'JEST_LIBTORCH_BUILT_WITH "(\d+\.\d+\.\d+)"', config).group(1)

    def environment_without_libtorch(self):
        """Every place that is searched is empty; the file `asked` appears if any is looked at."""
        bare = self.root / "bare"
        python = write(bare / "bin" / "python3", f'#!/bin/sh\ntouch "{bare}/asked"\nexit 1\n')
        python.chmod(0o755)
        (bare / "asked").unlink(missing_ok=True)
        environment = dict(os.environ, HOME=str(bare), JEST_CACHE=str(bare / "cache"),
                           PATH=f"{bare}/bin:{os.environ['PATH']}")
        for name in ("JEST_LIBTORCH", "Torch_DIR", "Torch_ROOT", "LIBTORCH", "LD_LIBRARY_PATH",
                     "XDG_CACHE_HOME", "CMAKE_PREFIX_PATH"):
            environment.pop(name, None)
        return environment, bare / "asked"

    def configure(self, name, *options, source=HERE, environment=None):
        tree = self.root / name
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        done = run(["cmake", "-S", source, "-B", tree, *generator,
                    f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_CXX_FLAGS=-O0", *options],
                   environment)
        return tree, done

    def build_tree(self, name, *options, targets=(), **settings):
        tree, done = self.configure(name, *options, **settings)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("CMake Warning", done.stdout)
        words = [word for target in targets for word in ("--target", target)]
        done = run(["cmake", "--build", tree, "--parallel", "1", *words],
                   settings.get("environment"))
        self.assertEqual(done.returncode, 0, done.stdout)
        return tree

    def build_and_run(self, name, *options, program="consumer", **settings):
        tree = self.build_tree(name, *options, **settings)
        done = run([tree / program], settings.get("environment"))
        self.assertEqual(done.returncode, 0, done.stdout)
        return tree / program, done.stdout
