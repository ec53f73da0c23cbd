#!/usr/bin/env python3
"""The rules of the tree that no compiler checks. Run from the project's root folder.

Layers and includes, headers that compile alone, formatting, documentation that is a region of a
tested file, links, names and lengths.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from tree_rules import (FORBIDDEN_FOLDERS, MACHINE_PATH, REGISTRY, file_streams_of, include_faults,
                        is_below_torch, layer_of, links_of, main_length, region_of, snippets_of, tested_commands,
                        types_of, untested_fences)

ROOT = pathlib.Path.cwd()
# Users may compile with these on.
STRICT = ("-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wold-style-cast",
          "-Wdouble-promotion")
STRICT_FOLDERS = {"core", "criteria", "io", "select", "torch"}
# Names that headers of X11 and of glog define as macros.
MACROS = ("-DStatus=int", "-DNone=0L", "-DBool=int", "-DAlways=2", "-DSuccess=0", "-DTrue=1",
          "-DFalse=0", "-DLOG(x)=x", "-DCHECK(x)=x")
FORMATTED = ("include", "src", "apps", "studies", "tests", "examples", "benchmarks", "python")


def tree_files():
    """Every file that is, or would be, under version control."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT,
                          stdout=subprocess.PIPE, text=True, check=True)
    return sorted({name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()})


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pages():
    return sorted(name for name in tree_files()
                  if re.fullmatch(r"[A-Z]+\.md|docs/([^/]+/)?[^/]+\.md", name))


def sources(*folders):
    return [name for name in tree_files()
            if name.startswith(tuple(folder + "/" for folder in folders))
            and name.endswith((".hpp", ".cpp", ".cu", ".cuh"))]


def torch_folder():
    done = subprocess.run(["cmake", "-P", "cmake/FindLibTorch.cmake"], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.strip()


def compile_alone(name, torch, *flags):
    """What the compiler says of a file that includes nothing but the header `name`."""
    folders = []
    if not is_below_torch(name):
        folders = [f"{torch}/include", f"{torch}/include/torch/csrc/api/include"]
    strict = STRICT if is_below_torch(name) or layer_of(name) in STRICT_FOLDERS else ()
    words = [os.environ.get("CXX", "c++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra",
             "-Werror", *strict, *flags, "-Iinclude",
             *[word for folder in folders for word in ("-isystem", folder)], "-x", "c++", "-"]
    done = subprocess.run(words, input=f'#include "{name.removeprefix("include/")}"\n', text=True,
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout if done.returncode != 0 else ""


class TheCheckers(unittest.TestCase):
    """A rule that nothing can break is no rule: each refuses something made up."""

    def test_includes(self):
        bad = {
            ("include/jest/core/a.hpp", '#include "jest/select/select.hpp"'),
            ("include/jest/criteria/a.hpp", '#include "jest/io/safetensors.hpp"'),
            ("include/jest/io/a.hpp", '#  include <jest/criteria/separable.hpp>'),
            ("src/select/a.cpp", "#include <c10/util/Half.h>"),
            ("src/select/cuda/a.cu", "#include <torch/torch.h>"),
            ("src/select/cuda/a.cuh", "#include <c10/cuda/CUDAStream.h>"),
            ("src/select/cuda/a.hpp", "#include <cuda_runtime.h>"),
            ("src/select/cuda/a.cpp", "#include <cublasLt.h>"),
            ("include/jest/select/a.hpp", "#include <cub/cub.cuh>"),
            ("src/select/a.cpp", '#include "jest/torch/arrays.hpp"'),
            ("include/jest/torch/a.hpp", "#include <torch/torch.h>"),
            ("include/jest/torch/a.hpp", "#include <ATen/ATen.h>"),
            ("src/torch/a.hpp", "#include <torch/torch.h>"),
            ("include/jest/learner/a.hpp", '#include "jest/train/trainer.hpp"'),
            ("include/jest/train/a.hpp", "#include <spdlog/spdlog.h>"),
            ("src/learner/a.cpp", '#include "../train/a.hpp"'),
            ("include/jest/extra/a.hpp", ""),
            ("include/jest/a.hpp", ""),
            ("include/jest/select.hpp", '#include "jest/torch/select.hpp"'),
            ("include/jest/select/a.hpp", "#include <Eigen/Core>"),
            ("include/jest/select/a.hpp", '#include "select/key.hpp"'),
            ("src/torch/a.cpp", '#include "select/key.hpp"'),
        }
        for path, text in bad:
            with self.subTest(path=path, text=text):
                self.assertEqual(len(include_faults(path, text + "\n")), 1)
        for path, text in (("src/torch/a.cpp", "#include <torch/torch.h>"),
                           ("src/train/a.cpp", "#include <spdlog/spdlog.h>"),
                           ("src/io/a.cpp", '#include "dtypes.hpp"'),
                           ("src/select/cuda/a.cu", "#include <cutlass/cutlass.h>"),
                           ("src/select/cuda/a.hpp", '#include "select/key.hpp"'),
                           ("src/select/plain/a.hpp", "#include <Eigen/Core>"),
                           ("include/jest/select.hpp", '#include "jest/select/select.hpp"'),
                           ("include/jest/train/a.hpp", '#include "jest/data/tables.hpp"'),
                           ("include/jest/learner/a.hpp", "#include <ATen/core/Tensor.h>")):
            with self.subTest(path=path, text=text):
                self.assertEqual(include_faults(path, text + "\n"), [])

    def test_snippets(self):
        page = "<!-- region: a.cpp#loop -->\n```cpp\nfor (;;) {\n  f();\n}\n```\n"
        ((file, name, code),) = snippets_of(page)
        self.assertEqual((file, name), ("a.cpp", "loop"))
        source = "int main() {\n  // [loop]\n  for (;;) {\n    f();\n  }\n  // [loop]\n}\n"
        self.assertEqual(code, region_of(source, "loop"))
        self.assertNotEqual(code, region_of(source.replace("f()", "g()"), "loop"))
        ((_, _, words),) = snippets_of(page.replace("cpp\n", "cmake\n"))
        self.assertEqual(words, region_of(source.replace("// [", "# ["), "loop"))
        self.assertIsNone(region_of(source, "other"))
        self.assertIsNone(region_of(source.replace("  // [loop]\n}", "}"), "loop"))

    def test_fences(self):
        tests = {"tests/a_test.py": "    def test_it(self):\n"}
        def faults(page):
            return untested_fences("docs/a.md", page, lambda name: tests.get(name, ""))
        for fine in ("<!-- tested: tests/a_test.py#test_it -->\n```sh\nls\n```\n",
                     "<!-- region: a.cpp#b -->\n```cpp\nf();\n```\n",
                     "```text\nan answer\n```\n", "```\na --> b\n```\n"):
            self.assertEqual(faults(fine), [])
        for bad in ("```sh\nls\n```\n", "```bash\nls\n```\n", "```\njest-select --help\n```\n",
                    "```text\n$ ls\n```\n", "```cpp\nf();\n```\n", "```pycon\n>>> 1\n1\n```\n",
                    "<!-- tested: tests/a_test.py#test_other -->\n```sh\nls\n```\n",
                    "- a list\n\n  ```sh\n  ls\n  ```\n",
                    "<!-- tested: tests/a_test.py#test_it -->\n```sh\nls\n```\n\n```sh\nrm\n```\n"):
            with self.subTest(bad):
                self.assertEqual(len(faults(bad)), 1)

    def test_links(self):
        page = ("[a](docs/a.md#part) ![b](b.svg \"title\") [c](https://x.org) [d](#d)\n"
                "```\n[e](e.md)\n```\n`[f](f.md)` <img src=\"g.svg\">")
        self.assertEqual(links_of(page), ["docs/a.md", "b.svg", "g.svg"])

    def test_names(self):
        for text in ("cd /" + "work/main", '"/' + "root/.cache", "in /" + "tmp/x/y"):
            self.assertRegex(text, MACHINE_PATH)
        for text in ("a/work/b", "network/", "$HOME/.cache", "/usr/include"):
            self.assertNotRegex(text, MACHINE_PATH)
        self.assertRegex("https://" + "pypi" + ".org/simple", REGISTRY)

    def test_types(self):
        text = ("namespace jest {\nnamespace {\nstruct Mine {\n}  // namespace\n\nstruct Row {\n"
                "  struct Inner {\nclass JEST_EXPORT Learner final : public Base,\nclass Later;\n"
                "struct Engine::State {\nenum class Kind { kA };\nstruct Row<int> {\n"
                "}  // namespace jest\nstruct Outside {\n")
        self.assertEqual(types_of(text), {"jest::Row", "jest::Learner", "jest::Engine::State",
                                           "jest::Kind", "Outside"})
        self.assertEqual(types_of("namespace jest::io {\nenum class Kind {\n"), {"jest::io::Kind"})

    def test_file_streams(self):
        self.assertEqual(file_streams_of("std::ifstream in(path); out << in.rdbuf();"),
                         ["std::ifstream", "rdbuf("])
        self.assertEqual(file_streams_of("std::istringstream lines(read_file(path));"), [])

    def test_main_length(self):
        self.assertEqual(main_length("int main() {\n  return 0;\n}\nint other() {\n}\n"), 3)
        self.assertEqual(main_length("int main() { return 0; }\n\nvoid f() {\n}\n"), 1)
        self.assertIsNone(main_length("int remain() {\n}\n"))


class Tree(unittest.TestCase):
    def test_a_folder_includes_only_the_folders_above_it(self):
        files = sources("include", "src")
        self.assertGreater(len(files), 40)
        faults = [fault for name in files for fault in include_faults(name, read(name))]
        self.assertEqual(faults, [])

    def test_every_header_is_guarded(self):
        headers = sources("include") + [name for name in sources("src") if name.endswith(".cuh")]
        for name in headers:
            with self.subTest(header=name):
                self.assertTrue(read(name).startswith("#pragma once\n"))

    def test_public_headers_are_few(self):
        self.assertLessEqual(len(sources("include")), 60)

    def test_what_only_nvcc_reads_is_in_no_installed_folder(self):
        self.assertEqual([name for name in sources("include") if name.endswith((".cu", ".cuh"))],
                         [])

    def check_headers_alone(self, names, torch="", flags=()):
        self.assertGreater(len(names), 10)
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            compiled = pool.map(lambda name: compile_alone(name, torch, *flags), names)
            for name, said in zip(names, compiled):
                with self.subTest(header=name):
                    self.assertEqual(said.splitlines()[:20], [])

    def test_fast_math_is_refused_when_compiling(self):
        said = compile_alone("include/jest/core/error.hpp", "", "-ffast-math")
        self.assertIn("without -ffast-math", said)

    def test_core_headers_compile_alone_without_libtorch(self):
        self.check_headers_alone([name for name in sources("include") if is_below_torch(name)])

    def test_core_headers_compile_behind_macros_of_other_libraries(self):
        self.check_headers_alone([name for name in sources("include") if is_below_torch(name)],
                                 flags=MACROS)

    def test_the_door_without_libtorch_is_light(self):
        done = subprocess.run([os.environ.get("CXX", "c++"), "-std=c++20", "-M", "-Iinclude",
                               "include/jest/select.hpp"], cwd=ROOT, stdout=subprocess.PIPE,
                              text=True, check=True)
        included = {pathlib.PurePath(word).name for word in done.stdout.split()}
        self.assertIn("sampler.hpp", included)
        self.assertEqual(included & {"algorithm", "chrono", "sstream", "ranges", "thread"}, set())

    def test_torch_headers_compile_alone(self):
        torch = torch_folder()
        if not torch:
            self.skipTest("no LibTorch on this machine")
        self.check_headers_alone([name for name in sources("include")
                                  if not is_below_torch(name)], torch)

    def test_formatting(self):
        formatter = shutil.which("clang-format-14")
        if not formatter:
            self.skipTest("no clang-format-14 on this machine")
        done = subprocess.run([formatter, "--dry-run", "-Werror", *sources(*FORMATTED)], cwd=ROOT,
                              stderr=subprocess.PIPE, text=True, check=False)
        wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", done.stderr, re.MULTILINE)))
        self.assertEqual((done.returncode, wrong), (0, []), done.stderr[:2000])

    def test_documentation_shows_code_that_is_tested(self):
        named = 0
        for page in pages():
            for file, name, code in snippets_of(read(page)):
                with self.subTest(page=page, region=f"{file}#{name}"):
                    self.assertTrue((ROOT / file).is_file(), "no such file")
                    self.assertEqual(code, region_of(read(file), name))
                named += page == "README.md"
        self.assertGreater(named, 0, "README.md shows no region of a tested file")

    def test_every_snippet_of_the_pages_is_tested(self):
        seen = 0
        for page in pages():
            if page.startswith("docs/"):
                with self.subTest(page=page):
                    self.assertEqual(untested_fences(page, read(page), read), [])
                seen += len(tested_commands(read(page)))
        self.assertGreater(seen, 10)

    def test_links_lead_somewhere(self):
        self.assertIn("README.md", pages())
        for page in pages():
            for link in links_of(read(page)):
                with self.subTest(page=page, link=link):
                    self.assertTrue((ROOT / page).parent.joinpath(link).exists())

    def test_no_file_names_one_machine_or_a_registry(self):
        for name in tree_files():
            text = (ROOT / name).read_bytes().decode("utf-8", errors="replace")
            with self.subTest(file=name):
                self.assertEqual(MACHINE_PATH.findall(text) + REGISTRY.findall(text), [])

    def test_files_are_read_whole_by_one_function(self):
        """ReadFile (src/io/file_bytes.hpp) tells a file from a part of it; streams do not."""
        for name in sources("include", "src", "apps", "studies", "python"):
            with self.subTest(file=name):
                self.assertEqual(file_streams_of(read(name)), [])

    def test_programs_are_thin(self):
        programs = [name for name in tree_files() if re.fullmatch(r"apps/jest_\w+\.cpp", name)]
        self.assertGreater(len(programs), 0)
        for name in programs:
            with self.subTest(program=name):
                length = main_length(read(name))
                self.assertIsNotNone(length, "no main in a file directly under apps")
                self.assertLess(length, 60)

    def test_a_type_is_defined_in_one_file(self):
        """Files that are linked together and define a type of one name twice break the language's one
        definition rule, and no compiler sees it. A stand-in for what is not built is never linked."""
        files = collections.defaultdict(list)
        for name in sources("include", "src", "apps", "studies", "benchmarks", "tests", "python"):
            if not name.startswith("tests/consumer/") and not re.search(r"/no_\w+\.cu?p?p?$", name):
                for found in types_of(read(name)):
                    files[found].append(name)
        self.assertGreater(len(files), 300)
        self.assertEqual({found: names for found, names in files.items() if len(names) > 1}, {})

    def test_no_folder_is_named_for_nothing(self):
        folders = {part for name in tree_files() for part in pathlib.PurePath(name).parts[:-1]}
        self.assertEqual(folders & FORBIDDEN_FOLDERS, set())


if __name__ == "__main__":
    if not (ROOT / "include" / "jest").is_dir():
        sys.exit("tree_test: run from the project's root folder")
    unittest.main(verbosity=2)
