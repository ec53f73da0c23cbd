#!/usr/bin/env python3
"""How projects find and link jest, as far as CMake and the files can tell: nothing is compiled here.
Usage: linking_test.py BUILD_DIR

BUILD_DIR is a complete build with LibTorch; projects of the folder `reproducers` use it, installed.
LibTorch is made up where only its place and version matter.
"""

import os
import pathlib
import re
import shutil
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "programs"))
from copies import copied_tree
from package import HERE, SOURCE, Package, made_up_libtorch, one_line, run, write

CASES = HERE / "reproducers"


class Linking(Package):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trees = 0

    def try_project(self, case, *options, environment=None):
        """A project of `reproducers`, configured in a tree of its own."""
        type(self).trees += 1
        return self.configure(f"tree{self.trees}", "--no-warn-unused-cli", *options,
                              source=CASES / case, environment=environment)

    def libtorch(self, name, version=None):
        return made_up_libtorch(self.root / name, version or self.libtorch_built_with())

    def check_configures(self, case, *options, environment=None):
        tree, done = self.try_project(case, *options, environment=environment)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("CMake Warning", done.stdout)
        return tree, done.stdout


class Finding(Linking):
    def test_the_package_is_found_any_number_of_times(self):
        torch = self.libtorch("torch")
        for how in ("same list", "core, then all", "all, then core", "folders beside each other",
                    "folder, then top", "top, then folder"):
            with self.subTest(how=how):
                self.check_configures("find_twice", f"-DHOW={how}", f"-DTorch_ROOT={torch}")

    def test_targets_of_find_package_torch_stay_in_their_folder(self):
        torch = self.libtorch("own-torch")
        shutil.copy(CASES / "with_find_torch" / "TorchConfig.cmake", torch / "share/cmake/Torch")
        for how in ("torch first", "jest first", "torch elsewhere", "torch first, in two folders",
                    "jest first, in two folders"):
            with self.subTest(how=how):
                tree, _ = self.check_configures("with_find_torch", f"-DHOW={how}",
                                                f"-DCMAKE_PREFIX_PATH={self.prefix};{torch}")
                linked = "".join(file.read_text(encoding="utf-8")
                                 for name in ("build.ninja", "link.txt")
                                 for file in tree.rglob(name))
                self.assertTrue(f"{torch}/lib/libtorch_cpu.so" in linked)
                self.assertFalse(" -ltorch" in linked, "linked by a name that is no target here")

    def test_policies_of_old_projects(self):
        torch = self.libtorch("torch")
        version = re.search(r"version (\d+)", run(["cmake", "--version"]).stdout).group(1)
        for oldest in ("3.0", "3.5") if int(version) < 4 else ("3.5",):
            with self.subTest(oldest=oldest):
                self.check_configures("old_policies", f"-DOLDEST={oldest}", f"-DTorch_ROOT={torch}")
        with self.subTest("as a folder of the project"):
            self.check_configures("old_policies", "-DOLDEST=3.5", f"-DTorch_ROOT={torch}",
                                  f"-DJEST_SOURCE={SOURCE}")

    def test_inside_another_project(self):
        torch = self.libtorch("torch inside")
        shutil.copy(CASES / "with_find_torch" / "TorchConfig.cmake", torch / "share/cmake/Torch")
        for how in ("everyday names", "fetched packages", "static, unity, interprocedural",
                    "find_package(Torch) before"):
            with self.subTest(how=how):
                self.check_configures("inside_another", f"-DHOW={how}",
                                      f"-DJEST_SOURCE={SOURCE}",
                                      f"-DCMAKE_PREFIX_PATH={torch}")


    def test_what_the_documentation_shows(self):
        source = copied_tree(CASES / "documented", self.root / "documented")
        (source / "third_party").mkdir()
        (source / "third_party/jest").symlink_to(SOURCE)
        torch = self.libtorch("torch")
        for as_folder in ("OFF", "ON"):
            with self.subTest(as_folder=as_folder):
                _, done = self.configure(f"documented {as_folder}", f"-DAS_FOLDER={as_folder}",
                                         f"-DTorch_ROOT={torch}", source=source)
                self.assertEqual(done.returncode, 0, done.stdout)


class WhichLibTorch(Linking):
    def ask(self, *options, python="", **environment):
        """What FindLibTorch.cmake of the package prints. Another LibTorch lies in the cache, and one
        in python3 (`python`: of another version)."""
        torch = self.libtorch("python" + python, python)
        write(self.root / "bin/python3", f'#!/bin/sh\necho "{torch}"\n').chmod(0o755)
        module = self.package() / "FindLibTorch.cmake"
        pinned = re.search(r"JEST_LIBTORCH_PIN ([\d.]+)", module.read_text(encoding="utf-8"))
        self.libtorch(f"cache/libtorch-{pinned.group(1)}/torch")
        bare, _ = self.environment_without_libtorch()
        bare.update(PATH=f"{self.root}/bin:{os.environ['PATH']}",
                    JEST_CACHE=str(self.root / "cache"), **environment)
        done = run(["cmake", *options, f"-DJEST_LIBTORCH_BUILT_WITH={self.libtorch_built_with()}",
                    "-P", module], bare)
        return one_line(done.stdout)

    def test_what_is_named_wins(self):
        mine = self.libtorch("mine/torch")
        named = [(name, mine) for name in ("JEST_LIBTORCH", "Torch_ROOT", "LIBTORCH",
                                           "CMAKE_PREFIX_PATH")]
        named += [("Torch_DIR", mine / "share/cmake/Torch"),
                  ("CMAKE_PREFIX_PATH", mine / "share/cmake"),  # torch.utils.cmake_prefix_path
                  ("CMAKE_PREFIX_PATH", mine.parent)]           # the packages of a Python
        for name, value in named:
            with self.subTest(name=name, value=value):
                self.assertEqual(self.ask(f"-D{name}={value}"), str(mine))
                self.assertEqual(self.ask(**{name: str(value)}), str(mine))

    def test_several_prefixes(self):
        mine = self.libtorch("mine/torch")
        self.assertEqual(self.ask(f"-DCMAKE_PREFIX_PATH={self.prefix};{mine}"), str(mine))
        self.assertEqual(self.ask(CMAKE_PREFIX_PATH=f"{self.prefix}:{mine}"), str(mine))

    def test_what_lies_about_is_python_s_then_the_cache_s(self):
        self.assertEqual(self.ask("-DTorch_DIR=Torch_DIR-NOTFOUND"), str(self.root / "python"))

    def test_what_lies_about_and_does_not_fit_is_passed_over(self):
        self.assertIn("/cache/libtorch-", self.ask(python="2.99.0"))

    def test_what_is_named_and_does_not_fit_is_refused(self):
        self.assertIn("Torch_ROOT (/nowhere): expected a LibTorch, got none",
                      self.ask("-DTorch_ROOT=/nowhere"))
        self.assertIn("expected LibTorch 2.11 or newer, got 2.5.1",
                      self.ask(f"-DTorch_ROOT={self.libtorch('old', '2.5.1')}"))

    def test_nccl_without_a_libtorch_of_cuda_is_refused_with_the_reason(self):
        if not (self.build / "src/libjest_nccl.a").is_file():
            self.skipTest("built without nccl.h or without the CUDA toolkit's headers")
        host_only = self.libtorch("host-only")
        _, done = self.configure("host only", f"-DTorch_ROOT={host_only}", "-DCONSUMER_NCCL=ON", source=HERE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("jest::nccl needs a LibTorch with CUDA (libtorch_cuda.so)", one_line(done.stdout))

    def test_another_minor_version_than_the_package_was_built_with(self):
        built_with = self.libtorch_built_with()
        minor = built_with.rsplit(".", 1)[0]
        newer = self.libtorch("newer", "2.99.0")
        _, done = self.try_project("named_libtorch", f"-DTorch_ROOT={newer}")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"Torch_ROOT ({newer}): expected LibTorch {minor}, with which this jest was "
                      "built, got 2.99.0: build jest with that, or set JEST_ANY_LIBTORCH=ON",
                      one_line(done.stdout))
        _, done = self.try_project("named_libtorch", f"-DTorch_ROOT={newer}",
                                   "-DJEST_ANY_LIBTORCH=ON")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("CMake Warning", done.stdout)
        self.assertIn(f"took <{newer}/include>", done.stdout)
        self.check_configures("named_libtorch", f"-DTorch_ROOT={self.libtorch('p', minor + '.99')}")


class WhatElseIsNeeded(Linking):
    NOTHING = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON"
               for name in ("CUDAToolkit", "Eigen3", "ZLIB", "hwy", "nlohmann_json")]

    def test_the_torch_face_needs_libtorch_alone(self):
        torch = self.libtorch("torch")
        for how in ("named_libtorch", "old_policies"):  # COMPONENTS jest; no component named
            with self.subTest(how=how):
                self.check_configures(how, f"-DTorch_ROOT={torch}", "-DOLDEST=3.5", *self.NOTHING)

    def test_core_needs_highway_and_zlib_alone(self):
        tree, done = self.configure("core", *self.NOTHING[:2], *self.NOTHING[4:])
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue((tree / "CMakeCache.txt").is_file())
        _, done = self.configure("core alone", *self.NOTHING)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("jest::core needs Highway and zlib (Debian: libhwy-dev, zlib1g-dev), "
                      "missing: ZLIB, hwy", one_line(done.stdout))

    def test_eigen_of_any_major_version_builds_jest(self):
        for version, fits in (("3.3.9", False), ("3.4.0", True), ("5.0.0", True)):
            with self.subTest(version=version):
                _, done = self.configure(f"with eigen {version}", "-DJEST_TORCH=OFF",
                                         f"-DEigen3_DIR={self.eigen(version)}",
                                         f"-DJEST_SOURCE={SOURCE}", source=HERE / "subproject")
                self.assertEqual(done.returncode == 0, fits, done.stdout)
                if not fits:
                    self.assertIn("Eigen: expected 3.4 or newer, got 3.3.9", one_line(done.stdout))

    def eigen(self, version):
        """A made-up package that, like Eigen's, refuses to be asked for another major version."""
        folder = self.root / f"eigen {version}"
        write(folder / "Eigen3Config.cmake", "add_library(Eigen3::Eigen INTERFACE IMPORTED)\n")
        write(folder / "Eigen3ConfigVersion.cmake",
              f"set(PACKAGE_VERSION {version})\n"
              f'if("${{PACKAGE_FIND_VERSION_MAJOR}}" MATCHES "^({version[0]}|)$")\n'
              "  set(PACKAGE_VERSION_COMPATIBLE TRUE)\nendif()\n")
        return folder


class SharedLibrary(Linking):
    def test_only_names_of_jest_are_exported(self):
        (library,) = self.prefix.glob("lib*/libjest.so")
        symbols = [line.split(maxsplit=2)[2]
                   for line in run(["nm", "-DC", "--defined-only", library]).stdout.splitlines()]
        ours = re.compile(r"((typeinfo|typeinfo name|vtable|VTT|guard variable) for |"
                          r"(virtual |non-virtual )thunk to )?jest::")
        foreign = [symbol for symbol in symbols if not ours.match(symbol)]
        self.assertEqual(foreign, [])
        self.assertGreater(len(symbols), 100)
        self.assertLess(len(symbols), 400)  # 243 when this was written

    def test_no_name_of_gloo_is_in_it(self):
        """Gloo is LibTorch's: a table of ours could take the place of its own."""
        (library,) = self.prefix.glob("lib*/libjest.so")
        self.assertNotRegex(run(["nm", "-DC", library]).stdout, r"\bgloo::|GlooStore")

    def test_no_name_of_nccl_is_in_it(self):
        """Nor any of LibTorch's CUDA half: who links libjest needs none."""
        (library,) = self.prefix.glob("lib*/libjest.so")
        self.assertNotRegex(run(["nm", "-DC", library]).stdout, r"(?i)nccl|c10::cuda|at::cuda::")
        self.assertNotRegex(run(["readelf", "-d", library]).stdout, r"NEEDED.*(torch_cuda|c10_cuda|nccl)")

    def test_the_library_needs_no_part_of_jest_beside_it(self):
        targets = (self.package() / "jest-jest-targets.cmake").read_text(encoding="utf-8")
        self.assertNotRegex(targets, "jest::core|hwy|ZLIB|CUDA")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    Package.build = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
