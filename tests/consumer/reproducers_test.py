#!/usr/bin/env python3
"""Programs and libraries that link jest, compiled in ways that have broken other libraries. Takes
minutes. Usage: reproducers_test.py BUILD_DIR [CLASS...]

BUILD_DIR is a complete build with LibTorch; the sources of the folder `reproducers` use it, installed.
"""

import os
import pathlib
import re
import shutil
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from package import HERE, SOURCE, Package, run, write

sys.path.insert(0, str(SOURCE / "tests" / "structure"))
from tree_rules import is_below_torch, region_of

CASES = HERE / "reproducers"
CXX = os.environ.get("CXX", "c++")


def headers(torch):
    """A line of #include for every public header, or for those of jest::core."""
    names = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.glob("include/**/*.hpp"))
    return "".join(f'#include "{name.removeprefix("include/")}"\n'
                   for name in names if torch or is_below_torch(name))


class Compiled(Package):
    def includes(self):
        return ["-isystem", self.prefix / "include"]

    def libtorch(self):
        return self.cache_entry("JEST_LIBTORCH") or run(
            ["cmake", "-P", self.package() / "FindLibTorch.cmake"]).stdout.strip()

    def torch_includes(self):
        folder = self.libtorch() + "/include"
        return [*self.includes(), "-isystem", folder,
                "-isystem", folder + "/torch/csrc/api/include"]

    def core_libraries(self):
        """The linker's words for jest::core, as the package's own targets give them."""
        if not hasattr(type(self), "libraries"):
            file = 'file(GENERATE OUTPUT words CONTENT "$<TARGET_FILE:jest::core>")'
            source = self.root / "words"
            write(source / "CMakeLists.txt",
                  "cmake_minimum_required(VERSION 3.25)\nproject(words LANGUAGES CXX)\n"
                  f"find_package(jest REQUIRED COMPONENTS core)\n{file}\n"
                  'file(GENERATE OUTPUT further CONTENT "$<TARGET_FILE:hwy::hwy>;'
                  '$<TARGET_FILE:ZLIB::ZLIB>;$<TARGET_NAME_IF_EXISTS:jest::cudart>")\n')
            tree, done = self.configure("words of core", source=source)
            self.assertEqual(done.returncode, 0, done.stdout)
            words = [(tree / "words").read_text(encoding="utf-8")]
            further = (tree / "further").read_text(encoding="utf-8").split(";")
            if further.pop():
                further += [*self.package().glob("libcudart_static.a"), "-lrt", "-ldl"]
            type(self).libraries = [*words, *further, "-lpthread"]
        return self.libraries

    def compile(self, *words, compiler=CXX, standard="c++20"):
        return run([compiler, f"-std={standard}", *words])

    def check_program(self, *words, **settings):
        """Compiles and links with jest::core, runs, and gives what the program prints."""
        program = self.root / "program"
        done = self.compile(*self.includes(), *words, "-o", program, *self.core_libraries(),
                            **settings)
        self.assertEqual(done.returncode, 0, done.stdout[:3000])
        done = run([program], timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout[:3000])
        return done.stdout


class TwoLibraries(Compiled):
    """One tree for all: its targets are built by the tests that run them."""

    def check(self, target, *further, words=()):
        tree = self.build_tree("two libraries", "-DCMAKE_BUILD_TYPE=Release",
                               "-DCMAKE_CXX_FLAGS=-O1", targets=[target, *further],
                               source=CASES / "two_libraries")
        done = run([tree / target, *(tree / word for word in words)], timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_two_libraries_and_the_program_pick_the_same_and_errors_cross(self):
        self.check("both")

    def test_a_plugin_is_loaded_and_unloaded(self):
        self.check("loads", "plugin", words=["libplugin.so"])

    def test_children_of_fork_and_openmp(self):
        self.check("forks")

    def test_a_second_libjest_in_one_process(self):
        (library,) = self.prefix.glob("lib*/libjest.so.0")
        other = self.root / "other"
        other.mkdir()
        shutil.copy(library.resolve(), other / library.name)
        loader = self.root / "loader"
        done = self.compile(CASES / "two_copies" / "main.cpp", "-ldl", "-o", loader)
        self.assertEqual(done.returncode, 0, done.stdout)
        done = run([loader, library, other / library.name])
        self.assertEqual((done.returncode, done.stdout), (0, "loaded 2\n"))


class TrainingLoops(Package):
    def test_what_programs_do_to_learner_reference_and_scorer(self):
        _, said = self.build_and_run("loops", program="loops", source=CASES / "training_loops")
        self.assertEqual(said, "")


class CoreCompiledInManyWays(Compiled):
    def source(self, name, before="", text=None):
        if text is None:
            text = headers(torch=False) + (CASES / "core_use.cpp").read_text(encoding="utf-8")
        return write(self.root / name, before + text)

    def test_one_unit_two_units_and_link_time_optimization(self):
        one = self.source("one.cpp")
        two = self.source("two.cpp", headers(torch=False), "int other() { return 0; }\n")
        both = self.source("both.cpp", '#include "one.cpp"\n#include "two.cpp"\n', "")
        for words in ((one, two), (both,), ("-O2", "-flto", "-Wodr", "-Werror", one, two)):
            with self.subTest(words=[str(word) for word in words]):
                self.check_program(*words)

    def test_debug_containers_are_refused_when_linking(self):
        """With _GLIBCXX_DEBUG a std::vector has another layout than in the library's files."""
        done = self.compile("-D_GLIBCXX_DEBUG", *self.includes(), self.source("one.cpp"), "-o",
                            self.root / "program", *self.core_libraries())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("built_with_GLIBCXX_DEBUG", done.stdout)

    def test_checked_containers_and_collected_sections(self):
        one = self.source("one.cpp")
        self.check_program("-D_GLIBCXX_ASSERTIONS", "-D_GLIBCXX_CONCEPT_CHECKS", one)
        self.check_program("-O1", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections",
                           "-Wl,-z,now", "-static-libstdc++", "-static-libgcc", one)

    def test_macros_of_other_libraries(self):
        logging = "".join(f"#define {name}(...) broken\n" for name in (
            "LOG", "CHECK", "CHECK_EQ", "DCHECK", "VLOG", "LOG_IF", "EXPECT_EQ", "ASSERT"))
        windows = "#define Status int\n#define None 0L\n#define Bool int\n#define Always 2\n"
        self.check_program(self.source("macros.cpp", logging + windows))

    def test_without_type_information_and_without_exceptions(self):
        one = self.source("one.cpp")
        self.check_program("-fno-rtti", one)
        done = self.compile("-fno-exceptions", "-fsyntax-only", *self.includes(), one)
        if done.returncode != 0:
            self.assertIn("exception handling disabled", done.stdout)

    def test_other_standards_and_another_compiler(self):
        one = self.source("one.cpp")
        self.check_program("-pedantic-errors", one, standard="c++23")
        if not shutil.which("clang++"):
            self.skipTest("no clang++ on this machine")
        self.check_program("-pedantic-errors", one, standard="c++2b", compiler="clang++")

    def test_eigen_of_the_program_is_compiled_otherwise(self):
        config = pathlib.Path(self.cache_entry("Eigen3_DIR")).parents[2]
        eigen = ["-isystem", config / "include" / "eigen3"]
        said = [self.check_program(CASES / "eigen_flags" / "main.cpp", *eigen, *flags)
                for flags in (["-O0", "-D_GLIBCXX_ASSERTIONS"], ["-O2", "-march=native"],
                              ["-O1", "-mno-avx", "-DEIGEN_DONT_VECTORIZE"],
                              ["-O1", "-DEIGEN_MAX_ALIGN_BYTES=64"])]
        self.assertEqual(set(said), {said[0]})


class TorchFace(Compiled):
    def test_a_program_with_the_static_library_has_the_operators(self):
        archive = self.root / "libjest.a"
        objects = [file for name in ("jest_jest", "jest_console")
                   for file in (self.build / "src/CMakeFiles" / f"{name}.dir").rglob("*.o")]
        done = run(["ar", "rcs", archive, *objects])
        self.assertEqual(done.returncode, 0, done.stdout)
        folder = self.libtorch() + "/lib"
        libraries = [archive, f"-L{folder}", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{folder}",
                     "-Wl,--unresolved-symbols=ignore-in-shared-libs", *self.core_libraries()]
        main = self.root / "main.o"
        done = self.compile("-c", *self.torch_includes(), CASES / "static_operators/main.cpp",
                            "-o", main)
        self.assertEqual(done.returncode, 0, done.stdout)
        for words, answer in ([], "missing"), (["-Wl,--undefined=jest_operators"], "there"):
            with self.subTest(words=words):
                done = self.compile(*words, main, *libraries, "-o", self.root / "static")
                self.assertEqual(done.returncode, 0, done.stdout[-3000:])
                self.assertEqual(run([self.root / "static"]).stdout, f"jest::select is {answer}\n")

    def test_every_header_of_the_next_standard(self):
        source = write(self.root / "all.cpp", "#include <torch/torch.h>\n" + headers(torch=True))
        done = self.compile("-fsyntax-only", *self.torch_includes(), source, standard="c++23")
        self.assertEqual(done.returncode, 0, done.stdout[:3000])

    # The member, or its concept, that the first lines of the message have to name.
    MISTAKES = {
        "ids of 32 bits": ("ids", "std::span<const std::int64_t> ids()",
                           "std::span<const std::int32_t> ids()"),
        "ids by value": ("borrowed_range", "std::span<const std::int64_t> ids()",
                         "std::vector<std::int64_t> ids()"),
        "ids as a tensor": ("ids", "std::span<const std::int64_t> ids() const { return names; }",
                            "at::Tensor ids() const { return x; }"),
        "ids that may change": ("ids", "ids() const", "ids()"),
        "at of a tensor": ("batch.at", "at(const std::vector<std::int64_t>&) const",
                           "at(const at::Tensor&) const"),
        "no at": ("batch.at", "Pairs at(const std::vector<std::int64_t>&) const { return *this; }", ""),
        "a batch of torch::data": ("batch.ids", "Pairs super_batch;",
                                   "torch::data::Example<> super_batch;"),
        "a model by value": ("->", "jest::Learner learner{model,", "jest::Learner learner{*model,"),
        "embeddings as a pair": ("embed(batch)", "at::Tensor losses(const Pairs& batch) {"
                                 " return layer(batch.x).sum(1); }",
                                 "std::pair<at::Tensor, at::Tensor> embed(const Pairs& batch) {"
                                 " return {batch.x, batch.y}; }"),
        "no losses": ("losses", "at::Tensor losses(const Pairs& batch)",
                      "at::Tensor forward(const Pairs& batch)"),
        "losses of tensors": ("losses", "losses(const Pairs& batch) { return layer(batch.x)",
                              "losses(at::Tensor x, at::Tensor) { return layer(x)"),
        "one number as losses": ("losses", "at::Tensor losses(const Pairs& batch) {"
                                 " return layer(batch.x).sum(1); }",
                                 "double losses(const Pairs&) { return 0; }"),
        "another kind of reference": ("losses", "Net guide;", "Towers guide;"),
        "no reference": ("Reference& reference", "scorer{learner, reference,", "scorer{learner,"),
        "tensors without a type": ("LossTensors", "Pairs super_batch;",
                                   "Pairs super_batch;\n  at::Tensor a;\n"
                                   "  jest::select({a, a}, {.count = 8});"),
    }

    def test_messages_of_the_compiler_name_what_is_wrong(self):
        program = (CASES / "messages" / "program.cpp").read_text(encoding="utf-8")
        write(self.root / "prelude.hpp", (CASES / "messages" / "prelude.hpp").read_text("utf-8"))
        flags = ["-fsyntax-only", *self.torch_includes()]
        done = self.compile(*self.torch_includes(), "-x", "c++-header", self.root / "prelude.hpp",
                            "-o", self.root / "prelude.hpp.gch")
        self.assertEqual(done.returncode, 0, done.stdout)
        right = self.compile(*flags, write(self.root / "right.cpp", program))
        self.assertEqual(right.returncode, 0, right.stdout[:3000])
        for name, (word, old, new) in self.MISTAKES.items():
            with self.subTest(name):
                self.assertEqual(program.count(old), 1, old)
                wrong = write(self.root / "wrong.cpp", program.replace(old, new))
                done = self.compile(*flags, wrong)
                self.assertNotEqual(done.returncode, 0)
                first = "\n".join(done.stdout.splitlines()[:45])
                self.assertTrue(word in first, f"no {word!r} in {first[:1500]}")

    def test_the_loop_of_the_readme_in_a_project_with_warnings(self):
        example = (SOURCE / "examples" / "train_two_towers.cpp").read_text(encoding="utf-8")
        loop = region_of(example, "readme-loop")
        program = (CASES / "messages" / "program.cpp").read_text(encoding="utf-8")
        text = (program[:program.index("int main")].replace("prelude.hpp", "messages/prelude.hpp")
                + "Pairs super_batch_of(const Pairs& pool, std::int64_t) { return pool; }\n"
                "void loop(Net model, Net guide, torch::optim::Optimizer& optimizer, "
                "const Pairs& pool) {\n" + loop + "\n}\n")
        done = self.compile("-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Werror",
                            *self.torch_includes(), f"-I{CASES}", write(self.root / "loop.cpp", text))
        self.assertEqual(done.returncode, 0, done.stdout[:3000])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    Package.build = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
