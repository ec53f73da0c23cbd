#!/usr/bin/env python3
"""The installed package as a user meets it. Usage: consumer_test.py BUILD_DIR

BUILD_DIR is a complete build; it is installed into a temporary folder and used from there.
"""

import pathlib
import re
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from package import HERE, SOURCE, Package, one_line, run

CORE_FOLDERS = ("core", "criteria", "io", "select")
TORCH_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"](torch|ATen|c10|caffe2)/', re.MULTILINE)


def libraries_needed(program):
    return re.findall(r"NEEDED.*\[(.*)\]", run(["readelf", "-d", program]).stdout)


class InstalledPackage(Package):
    def test_core_needs_no_libtorch_and_does_not_look_for_it(self):
        environment, asked = self.environment_without_libtorch()
        program, said = self.build_and_run("core", environment=environment)
        self.assertEqual(said, "consumer: picked 2 and 5\n")
        self.assertFalse(asked.exists(), "LibTorch was looked for")
        foreign = [name for name in libraries_needed(program) if re.search("torch|c10|jest", name)]
        self.assertEqual(foreign, [])

    def test_a_component_that_does_not_exist_is_refused_by_name(self):
        _, done = self.configure("unknown", "-DCONSUMER_COMPONENTS=core;engine")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no component 'engine'; this installation has: core",
                      one_line(done.stdout))

    def test_without_libtorch_the_whole_package_is_refused_with_a_way_out(self):
        environment, asked = self.environment_without_libtorch()
        _, done = self.configure("refused", "-DCONSUMER_TRAINS=ON", environment=environment)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("set Torch_ROOT to it, or ask for COMPONENTS core",
                      one_line(done.stdout))
        self.assertTrue(asked.exists(), "this test's own trap did not close")

    def test_another_minor_version_is_refused(self):
        _, done = self.configure("newer", "-DCONSUMER_VERSION=0.99")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('compatible with requested version "0.99"', one_line(done.stdout))

    def test_training_with_libtorch(self):
        program, said = self.build_and_run("train", "-DCONSUMER_TRAINS=ON",
                                           *self.libtorch_options())
        self.assertRegex(said, r"^consumer: 8 picks, loss \d")
        self.assertIn("libjest.so.0", libraries_needed(program))
        with self.subTest("a program that links both libraries"):
            self.assertIn("libjest.so.0", libraries_needed(program.parent / "both"))
            done = run([program.parent / "both"])
            self.assertEqual((done.returncode, done.stdout), (0, "consumer: picked 2 and 5\n"))

    def test_shards_need_no_libtorch(self):
        environment, asked = self.environment_without_libtorch()
        program, said = self.build_and_run("shards", "-DCONSUMER_SHARDS=ON", environment=environment)
        self.assertEqual(said, "consumer: decode a picture: expected JPEG, PNG or WebP, got an empty "
                         "file, 3 files\n")
        self.assertFalse(asked.exists(), "LibTorch was looked for")
        self.assertIn("libjest_shards.so.0", libraries_needed(program))

    def test_nccl_is_linked_with_the_cuda_half_of_libtorch(self):
        if not (self.build / "src/libjest_nccl.a").is_file():
            self.skipTest("built without nccl.h or without the CUDA toolkit's headers")
        _, done = self.configure("nccl", "-DCONSUMER_NCCL=ON", *self.libtorch_options())
        if "jest::nccl needs a LibTorch with CUDA" in one_line(done.stdout):
            self.skipTest("this LibTorch is one without CUDA")
        tree = self.build_tree("nccl", "-DCONSUMER_NCCL=ON", *self.libtorch_options())
        needed = libraries_needed(tree / "consumer")
        self.assertIn("libtorch_cuda.so", needed)
        self.assertIn("libjest.so.0", needed)
        self.assertNotIn("libtorch_cuda.so", libraries_needed(next(self.prefix.glob("lib*/libjest.so"))))

    def test_inside_another_project_nothing_global_changes(self):
        environment, _ = self.environment_without_libtorch()
        self.build_and_run("inside", f"-DJEST_SOURCE={SOURCE}", "-DJEST_TORCH=OFF",
                           source=HERE / "subproject", program="programs/consumer",
                           environment=environment)
        installed = run(["cmake", "--install", self.root / "inside", "--prefix",
                         self.root / "parent"])
        self.assertEqual(installed.returncode, 0, installed.stdout)
        self.assertFalse((self.root / "parent").exists(), "jest installs with another project")

    def test_core_headers_do_not_include_libtorch(self):
        headers = [header for folder in CORE_FOLDERS
                   for header in (self.prefix / "include" / "jest" / folder).glob("**/*.hpp")]
        self.assertGreater(len(headers), 10)
        for header in headers:
            with self.subTest(header=header.name):
                self.assertNotRegex(header.read_text(encoding="utf-8"), TORCH_INCLUDE)

    def test_every_public_header_is_installed(self):
        for header in (SOURCE / "include").glob("**/*.hpp"):
            with self.subTest(header=header.name):
                copy = self.prefix / "include" / header.relative_to(SOURCE / "include")
                self.assertTrue(copy.is_file())

    def test_the_package_can_be_moved(self):
        for file in self.package().glob("*.cmake"):
            with self.subTest(file=file.name):
                content = file.read_text(encoding="utf-8")
                for folder in (self.build, SOURCE, self.prefix):
                    self.assertNotIn(str(folder), content)

    def test_installed_programs_start(self):
        names = [name for name in ("jest-data", "jest-select", "jest-train")
                 if (self.build / "bin" / name).is_file()]
        for name in names:
            with self.subTest(program=name):
                environment, _ = self.environment_without_libtorch()
                done = run([self.prefix / "bin" / name, "--version"], environment)
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertIn(self.cache_entry("CMAKE_PROJECT_VERSION"), done.stdout)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    Package.build = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
