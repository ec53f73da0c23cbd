#!/usr/bin/env python3
"""What scripts/setup, scripts/demo, scripts/bench, studies/study and studies/evidence make of their words, in a tree where set-up, build
and programs only note that they were called."""

import contextlib
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TABLES = ("curated.tsv", "pool.tsv", "eval.tsv")
sys.path.insert(0, str(ROOT / "tests/studies"))
import evidence_page_test
from copies import copied_tree


class ScriptCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        self.tree = self.folder / "a tree"
        copied_tree(ROOT / "scripts", self.tree / "scripts")
        copied_tree(ROOT / "studies", self.tree / "studies", ignore=shutil.ignore_patterns("prepare"))
        (self.tree / "benchmarks").symlink_to(ROOT / "benchmarks")
        for program in ("scripts/setup", "build/release/bin/jest-data", "bin/cmake",
                        "build/release/bin/jest-train"):
            self.stub(program)

    def stub(self, program, further=""):
        path = self.tree / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho \"{path.name} $*\" >> '{self.folder}/calls'\n{further}\n",
                        encoding="utf-8")
        path.chmod(0o755)

    def calls(self):
        """Of the script that ran last."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "calls").read_text(encoding="utf-8").splitlines()
        return []

    def run_script(self, name, *words, cwd=None, stdout=subprocess.PIPE, **environment):
        """Files opened in the locale's encoding are errors."""
        (self.folder / "calls").unlink(missing_ok=True)
        path = os.pathsep.join([str(self.tree / "bin"), os.environ["PATH"]])
        folder = "studies" if name in ("study", "evidence") else "scripts"
        variables = {"PATH": path, "PYTHONWARNDEFAULTENCODING": "1",
                     "PYTHONWARNINGS": "error::EncodingWarning"} | environment
        return subprocess.run([self.tree / folder / name, *map(str, words)], encoding="utf-8",
                              cwd=cwd or self.folder, env=os.environ | variables, timeout=60,
                              stdout=stdout, stderr=subprocess.PIPE, check=False)

    def check_refused(self, said, name, *words, cwd=None):
        """In one line, before anything is set up."""
        with self.subTest(said):
            done = self.run_script(name, *words, cwd=cwd)
            self.assertEqual((done.returncode, self.calls()), (1, []), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
            self.assertIn(said, done.stderr)

    def tables(self, folder, names=TABLES):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / name).touch()
        return folder


class Setup(ScriptCase):
    def packages_for(self, *preset):
        """What a bare Debian machine is asked to install."""
        shutil.copyfile(ROOT / "scripts/setup", self.tree / "scripts/setup")
        (self.folder / "cache/cutlass-4.2.0").mkdir(parents=True, exist_ok=True)
        self.stub("bin/dpkg-query", "exit 1")
        self.stub("bin/id", "echo 0")
        self.stub("bin/apt-get")
        self.stub("scripts/python-environment")
        self.stub("bin/cmake", 'test "$1" != -P || echo /a/libtorch')
        with unittest.mock.patch.dict(os.environ, JEST_CACHE=str(self.folder / "cache")):
            done = self.run_script("setup", *preset)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"cmake --build --preset {(*preset, 'release')[0]} ",
                      " ".join(self.calls()) + " ")
        (install,) = [call for call in self.calls() if call.startswith("apt-get install")]
        return {word for word in install.split()[2:] if not word.startswith("-")}

    def test_who_links_the_library_installs_less(self):
        library, everything = self.packages_for("library"), self.packages_for()
        self.assertLess(library, everything)
        self.assertEqual(everything, self.packages_for("dev"))
        self.assertIn("libhwy-dev", library)
        self.assertNotIn("libgtest-dev", library)

    def test_who_links_the_library_needs_no_environment_of_python(self):
        self.packages_for("library")
        self.assertEqual([call for call in self.calls() if "python-environment" in call], [])
        self.packages_for()
        for made in ("build/python", "build/tensorboard scripts/tensorboard-wheels.txt",
                     "build/docs scripts/docs-wheels.txt"):
            self.assertIn("python-environment python3 " + made, self.calls())

    def test_no_package_is_listed_twice(self):
        names = [name for path in (ROOT / "scripts").glob("packages*.txt")
                 for name in path.read_text(encoding="utf-8").split()]
        self.assertEqual(len(names), len(set(names)))


class Fuzz(ScriptCase):
    def setUp(self):
        super().setUp()
        (self.tree / "tests").symlink_to(ROOT / "tests")
        self.stub("bin/clang++-14")

    def target(self, name, further):
        self.stub(f"build/fuzz/bin/{name}_fuzz", further)

    def test_says_what_it_needs(self):
        self.stub("bin/clang++-14", "exit 1")
        done = self.run_script("fuzz", 1)
        self.assertEqual((done.returncode, self.calls()), (1, ["clang++-14 -fsanitize=fuzzer -x c++ -"
                                                               " -o /dev/null"]))
        self.assertIn("fuzz: expected clang++-14 with libFuzzer, got none: apt-get install", done.stderr)
        self.assertIn("libclang-rt-14-dev", done.stderr)

    def test_runs_every_target_and_counts(self):
        self.target("safetensors", "echo 'stat::number_of_executed_units: 70' >&2")
        self.target("map", "echo 'stat::number_of_executed_units: 30' >&2; "
                           "touch found/map/crash-1; exit 77")
        (self.tree / "build/fuzz").mkdir(exist_ok=True)
        counts = self.folder / "counts.json"
        for time in (1, 2):
            done = self.run_script("fuzz", 10, "--json", counts)
            self.assertEqual(done.returncode, 1 if time == 1 else 0, done.stderr)
            lines = [line.split() for line in done.stdout.splitlines()]
            self.assertEqual(lines[1:], [["map", "30", "3", "1" if time == 1 else "0"],
                                         ["safetensors", "70", "7", "0"]])
        none = {"executions": 0, "seconds": 0, "found": 0}
        self.assertEqual(json.loads(counts.read_text(encoding="utf-8")),
                         {"map": {"executions": 60, "seconds": 20, "found": 1, "written": none},
                          "safetensors": {"executions": 140, "seconds": 20, "found": 0,
                                          "written": none}})
        done = self.run_script("fuzz", "safetensors")
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()],
                         ["target", "safetensors"])
        self.assertIn("-max_total_time=60", " ".join(self.calls()))


class FuzzDocs(ScriptCase):
    """Executions add up on the page, whichever build trees they were of."""

    def setUp(self):
        super().setUp()
        (self.tree / "tests").mkdir()
        (self.tree / "tests/fuzz").symlink_to(ROOT / "tests/fuzz")
        (self.tree / "tests/faults").symlink_to(ROOT / "tests/faults")
        copied_tree(ROOT / "tests/structure", self.tree / "tests/structure")
        self.page = self.tree / "docs/reliability.md"
        self.page.parent.mkdir()
        self.page.write_text(
            "<!-- measured: scripts/fuzz -->\n| reader | executions | seconds | found |\n"
            "| --- | --- | --- | --- |\n| map | 1,000 | 12 | 1 |\n| toml (fast) | 7 | 1 | 0 |\n"
            "<!-- end -->\n", encoding="utf-8")
        self.stub("bin/clang++-14")
        self.stub("build/fuzz/bin/map_fuzz", "echo 'stat::number_of_executed_units: 30' >&2")
        self.counts = self.tree / "build/fuzz/executions.json"

    def rows(self, *words):
        done = self.run_script("fuzz", 10, "map", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return re.findall("^\\| (.*) \\|$", self.page.read_text(encoding="utf-8"), re.MULTILINE)[2:]

    def test_nothing_is_lost_or_counted_twice(self):
        self.rows()
        self.assertEqual(self.rows("--docs"), ["map | 1,060 | 32 | 1", "toml (fast) | 7 | 1 | 0"])
        self.assertEqual(self.rows("--docs")[0], "map | 1,090 | 42 | 1")
        self.counts.unlink()  # another build tree
        self.assertEqual(self.rows("--docs")[0], "map | 1,120 | 52 | 1")

    def test_counts_of_which_nobody_knows_whether_they_are_on_the_page_are_not_added(self):
        for executions, seconds, row in ((940, 0, "map | 1,000 | 12 | 1"),
                                         (1200, 20, "map | 1,230 | 30 | 1")):
            self.counts.write_text(json.dumps({"map": {"executions": executions, "seconds": seconds,
                                                       "found": 0}}), encoding="utf-8")
            self.assertEqual(self.rows("--docs")[0], row)


class Demo(ScriptCase):
    def out(self, *words, cwd):
        done = self.run_script("demo", *words, cwd=cwd)
        self.assertEqual(done.returncode, 0, done.stderr)
        setup, train, report = self.calls()
        self.assertEqual(setup, "setup ")
        out = re.search(r"--out (runs/demo-own-[0-9a-f]{8}) ", train).group(1)
        self.assertEqual(report, f"jest-train report {self.tree}/{out}")
        return out, train

    def test_paths_are_the_callers(self):
        folder = self.tables(self.folder / "some data")
        _, train = self.out(*TABLES, cwd=folder)
        self.assertIn(f"--curated {folder}/curated.tsv --pool {folder}/pool.tsv "
                      f"--eval {folder}/eval.tsv --cache-reference --resume --arms ", train)

    def test_the_same_files_have_the_same_folder_and_others_another(self):
        first, second = (self.tables(self.folder / name) for name in ("first", "second"))
        out = self.out(*TABLES, cwd=first)[0]
        self.assertEqual(out, self.out(*[first / name for name in TABLES], cwd=second)[0])
        self.assertEqual(out, self.out(*[f"../first/./{name}" for name in TABLES], cwd=second)[0])
        self.assertNotEqual(out, self.out(*TABLES, cwd=second)[0])
        curated, pool, held_out = TABLES
        self.assertNotEqual(out, self.out(pool, curated, held_out, cwd=first)[0])

    def test_a_missing_file_is_refused(self):
        folder = self.tables(self.folder / "data", ("curated.tsv", "pool.tsv"))
        self.check_refused("demo: expected a file that exists, got eval.tsv", "demo", *TABLES,
                           cwd=folder)
        self.check_refused(f"demo: expected a file that exists, got {folder}", "demo",
                           "curated.tsv", folder, "eval.tsv", cwd=folder)

    def test_three_files_or_none(self):
        done = self.run_script("demo", "curated.tsv")
        self.assertEqual((done.returncode, self.calls()), (2, []))
        self.assertIn("usage: scripts/demo", done.stderr)

    def test_what_preparation_refuses_is_said_last(self):
        self.stub("build/release/bin/jest-data", "echo 'jest-data: no apt-get' >&2; exit 3")
        done = self.run_script("demo")
        self.assertEqual(done.returncode, 3)
        self.assertIn("your own text pairs", done.stderr)
        self.assertEqual(done.stderr.splitlines()[-1], "jest-data: no apt-get")


class Study(ScriptCase):
    def test_options_of_the_map_are_not_for_a_recipe(self):
        expected = "study glyphs: expected --target, --seeds and --no-docs alone, got "
        self.check_refused(expected + "--quick", "study", "glyphs", "--quick")
        self.check_refused(expected + "--jobs 2", "study", "glyphs", "--jobs", 2)

    def test_options_of_a_recipe_are_not_for_the_map(self):
        expected = "study map: expected --quick, --seeds and --jobs alone, got "
        self.check_refused(expected + "--target ko", "study", "map", "--target", "ko")
        self.check_refused(expected + "--no-docs", "study", "map", "--no-docs", "--quick")

    def test_the_index_has_no_options(self):
        expected = "study index: expected no options, got "
        for words in (("--quick",), ("--jobs", 2), ("--target", "ko"), ("--seeds", "1"),
                      ("--no-docs",)):
            self.check_refused(expected + " ".join(map(str, words)), "study", "index", *words)

    def test_the_index_is_written_without_set_up(self):
        folder = self.tree / "docs/evidence"
        folder.mkdir(parents=True)
        (folder / "README.md").write_text("# A\n<!-- table -->\n<!-- /table -->\nB\n",
                                          encoding="utf-8")
        done = self.run_script("study", "index")
        self.assertEqual((done.returncode, self.calls()), (0, []), done.stderr)
        self.assertRegex((folder / "README.md").read_text(encoding="utf-8"),
                         r"\A# A\n<!-- table -->\n\| study \|.*\n\|---.*\n<!-- /table -->\nB\n\Z")

    def test_an_unknown_recipe_is_refused(self):
        self.check_refused("study: expected one of map, index, cheaper-", "study", "no", "--jobs", 1)

    def test_the_recipes_own_target_is_no_other(self):
        self.check_refused("study --target: expected another than the recipe's own, got de",
                           "study", "translations-de", "--target", "de")

    def test_no_two_recipes_share_a_run_under_another_target(self):
        for name, target, data in (("translations-ja", "ko", "translations-ko"),
                                   ("translations-ja-guide", "ko", "translations-ko"),
                                   ("translations-de", "ko", "translations-ko"),
                                   ("translations-de-mismatched", "ja", "translations-ja-0.9")):
            with self.subTest(name):
                self.tables(self.tree / "runs/data" / data)
                self.run_script("study", name, "--target", target)
                _, prepare, train, *_ = self.calls()
                self.assertIn(f" --out {self.tree}/runs/data/{data}", prepare)
                self.assertIn(f" --out {self.tree}/runs/study/{name}-{target} ", train)

    def test_a_recipe_is_run_after_set_up(self):
        self.tables(self.tree / "runs/data/translations-ja")
        self.run_script("study", "translations-ja", "--seeds", "7")
        setup, data, train, *_ = self.calls()
        self.assertEqual(setup, "setup ")
        self.assertIn("jest-data translations --target ja ", data)
        self.assertIn(f" --out {self.tree}/runs/study/translations-ja ", train)
        self.assertIn(" --seeds 7 ", train)


class Endings(ScriptCase):
    """What a program that fails has said is said last, and no stack of Python's."""

    def study(self, name="translations-ja"):
        done = self.run_script("study", name, "--no-docs")
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_of_a_program_that_refuses(self):
        self.stub("build/release/bin/jest-data", "echo 'jest-data: expected é, got e' >&2; exit 3")
        self.assertEqual(self.study(), (3, "jest-data: expected é, got e\n"))

    def test_steer_no_terminal(self):
        for words, status in ((("\x1b[2J\u202e",), 1), (("map", "\x1b[2J\u202e"), 2)):
            done = self.run_script("study", *words)
            self.assertEqual(done.returncode, status)
            self.assertIn("\\x1b[2J\\u202e", done.stderr)
            self.assertTrue(done.stderr.replace("\n", "").isprintable())

    def test_of_a_program_that_is_killed(self):
        self.stub("build/release/bin/jest-data", "kill -9 $$")
        self.assertEqual(self.study(), (1, "study: jest-data was ended by signal 9\n"))

    def test_of_a_program_that_is_not_there(self):
        (self.tree / "build/release/bin/jest-data").unlink()
        status, said = self.study()
        self.assertEqual((status, said.count("\n")), (1, 1))
        self.assertRegex(said, "study: .*No such file.*jest-data")

    def test_of_a_recipe_that_cannot_be_read(self):
        recipes = self.tree / "studies/recipes"
        (recipes / "latin.toml").write_bytes(b'title = "caf\xe9"\n')
        self.assertRegex(self.study("latin")[1], "latin.toml: expected UTF-8, got .*0xe9.*\n\\Z")
        (recipes / "twice.toml").write_bytes(b'title = "a"\ntitle = "b"\n')
        self.assertRegex(self.study("twice")[1], "twice.toml: expected TOML, got .*\n\\Z")

    def test_of_a_summary_that_is_damaged(self):
        out = self.tree / "runs/study/translations-ja"
        out.mkdir(parents=True)
        (out / "summary.json").write_text("{", encoding="utf-8")
        self.tables(self.tree / "runs/data/translations-ja")
        status, said = self.study()
        self.assertEqual((status, said.count("\n")), (1, 1))
        self.assertIn("summary.json: expected JSON, got ", said)


class Locales(ScriptCase):
    """Pages are UTF-8 wherever they are written."""

    ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    def setUp(self):
        super().setUp()
        self.run_folder = self.tree / "runs/study/translations-ja"
        self.run_folder.mkdir(parents=True)
        data = evidence_page_test.SUMMARY["data"] | {
            "super_batch": 640, "chunks": 4, "gain": 1, "interaction": 1, "interaction_start": 0}
        summary = json.dumps(evidence_page_test.SUMMARY | {"data": data})
        (self.run_folder / "summary.json").write_text(
            summary.replace('"train": 1', '"train": 1, "selection": 1'), encoding="utf-8")
        (self.run_folder / "report.html").write_text(
            "<style>.é { }</style><figure><svg>–</svg></figure>", encoding="utf-8")
        self.tables(self.tree / "runs/data/translations-ja")
        (self.tree / "docs/evidence").mkdir(parents=True)

    def test_of_pages_of_evidence(self):
        printed = {locale: self.run_script("study", "translations-ja", "--no-docs", **settings)
                   for locale, settings in (("own", {}), ("ASCII", self.ASCII))}
        for done in printed.values():
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("0.500 (0.400–0.600)", done.stdout)
        self.assertEqual(printed["own"].stdout, printed["ASCII"].stdout)

    def test_of_a_page_that_a_full_disk_does_not_take(self):
        for buffering in ("", "1"):
            with open("/dev/full", "wb") as full:
                done = self.run_script("study", "translations-ja", "--no-docs", stdout=full,
                                       PYTHONUNBUFFERED=buffering)
            self.assertEqual((done.returncode, done.stderr),
                             (1, "study: [Errno 28] No space left on device\n"))

    def test_of_help_that_a_full_disk_does_not_take(self):
        (self.tree / "tests").symlink_to(ROOT / "tests")
        for name in ("study", "bench", "headers", "fuzz", "flips", "faults", "kills", "gpu-day"):
            for buffering in ("", "1"):
                with self.subTest(name, buffering=buffering), open("/dev/full", "wb") as full:
                    done = self.run_script(name, "--help", stdout=full, PYTHONUNBUFFERED=buffering)
                    self.assertEqual(done.returncode, 1)
                    self.assertRegex(
                        done.stderr, rf"\A{name}(\.py)?: \[Errno 28\] No space left on device\n\Z")

    def test_of_the_demos_page_and_picture(self):
        done = self.run_script("evidence", f"Über={self.run_folder}", **self.ASCII)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.tree / "docs/evidence/demo-runs.md").read_text(encoding="utf-8")
        self.assertIn("## Über\n", page)
        self.assertIn("0.500 (0.400–0.600)", page)
        self.assertIn("–", (self.tree / "docs/demo.svg").read_text(encoding="utf-8"))

    def test_of_the_index(self):
        (self.tree / "docs/evidence/README.md").write_text(
            "–\n<!-- table -->\n<!-- /table -->\n", encoding="utf-8")
        done = self.run_script("study", "index", **self.ASCII)
        self.assertEqual(done.returncode, 0, done.stderr)


class Bench(ScriptCase):
    REFUSAL = "jest-train: --steps: expected a number, got none"

    def test_inputs_are_read_before_building(self):
        (self.folder / "words").write_text("no JSON", encoding="utf-8")
        (self.folder / "list").write_text("[]", encoding="utf-8")
        for name, said in (("none", ": expected a readable file, got none"),
                           (".", ": expected a readable file, got ."),
                           ("words", " words: expected JSON, got Expecting value: line 1"),
                           ("list", " list: expected a report of select_cuda_bench, got other")):
            self.check_refused("bench --cuda" + said, "bench", "--cuda", name)

    def test_the_output_needs_a_folder(self):
        self.check_refused("bench --out: expected a file in a folder that exists, got no/out.json",
                           "bench", "--out", "no/out.json")
        self.check_refused("bench --out: expected a file in a folder that exists, got .", "bench",
                           "--out", ".")

    def test_data_need_all_tables(self):
        self.tables(self.folder / "data", ("curated.tsv", "eval.tsv"))
        self.check_refused("bench --data data: expected curated.tsv, pool.tsv, eval.tsv, "
                           "got no pool.tsv", "bench", "--data", "data")
        self.check_refused("got no curated.tsv, pool.tsv, eval.tsv", "bench", "--data", "none")

    def check_train_fails(self, *words):
        said = f"echo step 1 >&2; echo '{self.REFUSAL}' >&2"
        self.stub("build/release/bin/jest-train", f"{said}; exit 1")
        done = self.run_script("bench", *words)
        self.assertEqual((done.returncode, done.stderr), (1, f"bench: {self.REFUSAL}\n"))

    def test_the_demos_data_are_made_when_any_table_is_missing(self):
        data = self.tree / "runs/data/de"
        for missing in TABLES:
            shutil.rmtree(data, ignore_errors=True)
            self.tables(data, set(TABLES) - {missing})
            self.check_train_fails("--quick")
            self.assertIn(f"jest-data translations --target de --out {data}", self.calls())
        self.tables(data)
        self.check_train_fails("--quick")
        self.assertEqual([call.split()[0] for call in self.calls()],
                         ["setup", "cmake", "cmake", "jest-train"])

    def test_what_training_refuses_is_said(self):
        self.tables(self.folder / "data")
        self.check_train_fails("--data", "data", "--out", "out.json")
        self.assertIn(f" --pool {self.folder}/data/pool.tsv ", self.calls()[-1])

    def test_training_that_says_nothing(self):
        self.tables(self.folder / "data")
        self.stub("build/release/bin/jest-train", "exit 9")
        done = self.run_script("bench", "--data", "data")
        self.assertEqual(done.stderr, "bench: jest-train failed with 9\n")


def script(name):
    """A script as a module."""
    loader = importlib.machinery.SourceFileLoader(pathlib.Path(name).name, str(ROOT / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    with unittest.mock.patch.object(sys, "path", [str(ROOT / "scripts"), *sys.path]):
        loader.exec_module(module)
    return module


class BenchReport(unittest.TestCase):
    def test_that_a_full_disk_cut_short_is_refused(self):
        def half(*command, **_):
            (out,) = [word for word in command if str(word).startswith("--benchmark_out=")]
            pathlib.Path(out.partition("=")[2]).write_text('{"benchmarks": [', encoding="utf-8")

        bench = script("scripts/bench")
        with unittest.mock.patch.object(bench, "run", half):
            with self.assertRaisesRegex(SystemExit, "^bench: expected the whole report of jest-bench, got "):
                bench.micro_benchmarks(quick=True)


def swatches(count):
    return ('<ul class="legend">' + '<li><svg class="swatch"><line/></svg></li>\n' * count
            + "</ul>\n")


class EvidencePicture(unittest.TestCase):
    """A report as apps/report writes it, in small."""

    ABSENT = '<figure><p class="absent">No chart.</p>\n</figure>\n'
    CHART = '<svg role="img" aria-label="first"><path/>\n</svg>'
    CHARTS = (f"<figure><figcaption>One</figcaption>\n{CHART}\n</figure>\n"
              f'<figure><svg aria-label="second">{"<path/>" * 9}</svg>\n</figure>\n')

    def setUp(self):
        self.evidence = script("studies/evidence")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "docs").mkdir()

    def picture(self, body):
        (self.folder / "report.html").write_text(
            f"<html><style>.a {{ }}</style><body>{body}</body></html>", encoding="utf-8")
        with unittest.mock.patch.object(self.evidence, "ROOT", self.folder):
            self.evidence.picture(self.folder)
        return (self.folder / "docs/demo.svg").read_text(encoding="utf-8")

    def test_is_the_first_chart_after_however_many_legends(self):
        for body in (self.CHARTS, swatches(2) + self.CHARTS, swatches(40) + self.CHARTS,
                     self.ABSENT + swatches(9) + self.CHARTS + swatches(1)):
            drawn = self.picture(body)
            self.assertRegex(drawn, '^<svg xmlns="[^"]+" role="img" aria-label="first"><style>')
            self.assertIn(".a { }", drawn)
            self.assertEqual((drawn.count("<svg"), drawn.count("</svg>")), (1, 1))

    def test_no_chart_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "report.html: expected a chart, got none$"):
            self.picture(swatches(3) + self.ABSENT)


if __name__ == "__main__":
    unittest.main()
