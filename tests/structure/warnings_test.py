#!/usr/bin/env python3
"""Public headers under the warnings of other people's projects. Run from the project's root folder.

One translation unit has all headers and, in a namespace each, the examples, which make the compiler
look into the templates. LibTorch's headers count as a system's, those of jest as the user's own.
"""

import pathlib
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from tree_rules import included_by, is_below_torch

ROOT = pathlib.Path.cwd()
WARNINGS = {
    "g++": ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wsign-conversion",
            "-Wold-style-cast", "-Wdouble-promotion", "-Wnon-virtual-dtor",
            "-Woverloaded-virtual"),
    "clang++": ("-Wall", "-Wextra", "-Wconversion", "-Wshadow"),
}


def paths(pattern):
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))


def includes_of(file):
    return {name for style, name in included_by((ROOT / file).read_text(encoding="utf-8"))
            if style == "<"}


def unit(headers, users):
    """Standard headers of the users come first: none may be met first inside a namespace."""
    standard = set().union(*(includes_of(user) for user in users))
    lines = [f"#include <{name}>" for name in sorted(standard)]
    lines += [f'#include "{name.removeprefix("include/")}"' for name in headers]
    for number, user in enumerate(users):
        lines += [f"namespace user_{number} {{", f'#include "{ROOT / user}"', "}"]
    return "\n".join(lines) + "\n"


def torch_folder():
    done = subprocess.run(["cmake", "-P", "cmake/FindLibTorch.cmake"], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.strip()


class Warnings(unittest.TestCase):
    def check(self, compiler, text, folders=()):
        """No error anywhere, and no warning of a public header."""
        if not shutil.which(compiler):
            self.skipTest(f"no {compiler} on this machine")
        words = [compiler, "-std=c++20", "-fsyntax-only", *WARNINGS[compiler], "-Iinclude",
                 *[word for folder in folders for word in ("-isystem", folder)], "-x", "c++", "-"]
        done = subprocess.run(words, input=text, text=True, cwd=ROOT, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.splitlines()
        self.assertEqual([line for line in said if ": error: " in line], [])
        self.assertEqual(sorted({line for line in said if line.startswith("include/")
                                 and ": warning: " in line}), [])

    def check_core(self, compiler):
        users = ["examples/select_from_embeddings.cpp", "examples/own_criterion.cpp"]
        self.check(compiler, unit(filter(is_below_torch, paths("include/**/*.hpp")), users))

    def check_all(self, compiler):
        torch = torch_folder()
        if not torch:
            self.skipTest("no LibTorch on this machine")
        self.check(compiler, unit(paths("include/**/*.hpp"), paths("examples/*.cpp")),
                   [f"{torch}/include", f"{torch}/include/torch/csrc/api/include"])

    def test_core_with_gcc(self):
        self.check_core("g++")

    def test_core_with_clang(self):
        self.check_core("clang++")

    def test_everything_with_gcc(self):
        self.check_all("g++")

    def test_everything_with_clang(self):
        self.check_all("clang++")

    def test_a_warning_would_be_seen(self):
        """The rule itself: a narrowing in a header is found, one of the user's own file is not."""
        bad = '#line 1 "include/jest/made_up.hpp"\ninline int f(long n) { return n; }\n'
        with self.assertRaises(AssertionError):
            self.check("g++", bad)
        self.check("g++", bad.replace("include/jest", "examples"))


if __name__ == "__main__":
    if not (ROOT / "include" / "jest").is_dir():
        sys.exit("warnings_test: run from the project's root folder")
    unittest.main(verbosity=2)
