#!/usr/bin/env python3
"""scripts/gpu-day with stand-ins for its programs: failures are written down, the next parts run, and
what is there is kept after every part."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "scripts")]
from cuda_table import cuda_section
from cuda_table_test import BENCH_REPORT
from gpu_day.page import keep
from gpu_day.torch_folder import why_not

NO_DEVICE = 77
HIDDEN = {"CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1"}
FACTS = {"device": "Stand-in GPU", "driver": 13010, "toolkit": 13000}
PASSED = "echo '[  PASSED  ] 23 tests.'"
# What a program does; $2 is where its report is to go.
GOOD = {"cuda_ceilings": f"echo '{json.dumps(FACTS)}' > \"$2\"",
        "jest_gpu_tests": PASSED,
        "jest_torch_gpu_tests": PASSED,
        "cuda_picks": "echo '{\"picks\": []}' > \"$2\"",
        "select_cuda_bench": f"echo '{json.dumps(BENCH_REPORT)}' > \"$2\"",
        "cuda_steps": "echo '{\"steps\": []}' > \"$2\""}


def script(path):
    """A script as a module; no file is left beside it."""
    loader = importlib.machinery.SourceFileLoader("script", str(ROOT / path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("script", loader))
    loader.exec_module(module)
    return module


class DayCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        self.out = self.folder / "out"
        self.torch = self.folder / "torch"
        (self.torch / "lib").mkdir(parents=True)
        (self.torch / "lib/libtorch_cpu.so").touch()
        self.version("2.11.0+cu130")

    def version(self, number):
        (self.torch / "version.py").write_text(f"__version__ = '{number}'\n", encoding="utf-8")

    def run_day(self, *words, **environment):
        return subprocess.run([ROOT / "scripts/gpu-day", *map(str, words)], cwd=self.folder, encoding="utf-8",
                              env=os.environ | HIDDEN | environment, timeout=120, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def day_of(self, programs, minutes=0.4):
        """Runs stand-ins; (exit status, the report, the page)."""
        (self.folder / "bin").mkdir()
        for name, does in (GOOD | programs).items():
            path = self.folder / "bin" / name
            path.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
            path.chmod(0o755)
        done = self.run_day("--programs", self.folder / "bin", "--out", self.out, "--torch", self.torch,
                            "--minutes", minutes, PATH=f"{self.folder}/bin:/usr/bin:/bin")
        self.assertNotIn("Traceback", done.stderr)
        report = json.loads((self.out / "gpu-day.json").read_text(encoding="utf-8"))
        return done.returncode, report, (self.out / "gpu-day.md").read_text(encoding="utf-8")

    def results(self, report):
        return {part["part"]: part["result"] for part in report["parts"]}


class Day(DayCase):
    def test_parts_come_in_the_order_of_their_worth_and_make_one_report(self):
        status, report, page = self.day_of({})
        self.assertEqual(status, 0)
        self.assertEqual([part["part"] for part in report["parts"]],
                         ["cuda_ceilings", "nvidia-smi", "tests", "tensor-tests", "cuda_picks",
                          "select_cuda_bench", "compiled-peers", "cuda_steps", "sanitizer-memcheck",
                          "sanitizer-racecheck", "nccl"])
        self.assertEqual(report["shapes"], BENCH_REPORT["shapes"])
        self.assertIn("| tests pass | 46 passed, 0 skipped: met |", page)
        self.assertIn("route products: at least 0.60 of cuBLASLt | 0.80: met |", page)
        self.assertIn("route fused: at least 0.80 of cuBLASLt | not run |", page)

    def test_its_report_is_one_for_the_page_of_benchmarks(self):
        self.day_of({})
        report = script("scripts/bench").read_cuda(self.out / "gpu-day.json")
        self.assertIn("| tests pass | 46 passed, 0 skipped: met |", cuda_section(report))

    def test_a_part_that_fails_hangs_or_is_killed_is_written_down_and_the_next_ones_run(self):
        status, report, page = self.day_of({
            "jest_gpu_tests": "echo '[  PASSED  ] 3 tests.'; echo 'row 7: 1 is not 2' >&2; exit 3",
            "jest_torch_gpu_tests": "echo half a test; sleep 300 & sleep 300",
            "cuda_steps": "kill -SEGV $$"})
        self.assertEqual(status, 1)
        results = self.results(report)
        self.assertEqual(results["tests"], "failed with 3: row 7: 1 is not 2")
        self.assertEqual(results["tensor-tests"], "over its limit of 2.5 s")
        self.assertEqual(results["cuda_steps"], "ended by signal 11")
        self.assertEqual(results["select_cuda_bench"], "ok")
        self.assertIn("| tests of tensors | 2.5 | 2.5 | over its limit of 2.5 s |", page)
        self.assertIn("    half a test", page)
        self.assertIn("| tests pass | failed with 3: row 7: 1 is not 2; over its limit of 2.5 s |", page)

    def test_garbage_is_no_report_and_steers_no_terminal(self):
        status, report, page = self.day_of({
            "cuda_picks": "printf '\\377\\033[2J<b>|' ; printf '\\377{' > \"$2\"",
            "select_cuda_bench": "echo '{\"shapes\": 7}' > \"$2\"",
            "cuda_steps": "echo '[1]' > \"$2\""})
        self.assertEqual(status, 1)
        results = self.results(report)
        self.assertTrue(results["cuda_picks"].startswith("failed: expected a report in JSON, got "))
        self.assertEqual(results["cuda_steps"], "failed: expected a report in JSON, got no object")
        self.assertIn("A report has not what a table needs", page)
        self.assertIn("- a training step: failed: expected a report in JSON, got no object", page)
        self.assertNotIn("\033", page + json.dumps(report))

    def test_what_is_there_is_kept_after_every_part(self):
        copied = self.folder / "partial.json"
        report_so_far = f"cp '{self.out}/gpu-day.json' '{copied}'"
        self.day_of({"cuda_steps": report_so_far + "; sleep 300"})
        partial = json.loads(copied.read_text(encoding="utf-8"))
        self.assertEqual(partial["parts"][-1]["part"], "compiled-peers")
        self.assertEqual(partial["shapes"], BENCH_REPORT["shapes"])

    def test_a_bench_over_its_limit_leaves_the_shapes_it_has_finished(self):
        _, report, page = self.day_of({"select_cuda_bench": GOOD["select_cuda_bench"] + "; sleep 300"})
        self.assertEqual(self.results(report)["select_cuda_bench"], "over its limit of 5 s")
        self.assertIn("cuBLASLt alone: 40 (39 to 42) ms", page)

    def test_reports_of_an_earlier_day_do_not_count(self):
        self.out.mkdir()
        (self.out / "select_cuda_bench.json").write_text(json.dumps(BENCH_REPORT), encoding="utf-8")
        _, report, page = self.day_of({"select_cuda_bench": "exit 1"})
        self.assertEqual(report["shapes"], [])
        self.assertIn("On one Stand-in GPU: no selection was timed.", page)

    def test_tests_that_all_skip_are_not_run(self):
        _, report, page = self.day_of({
            "jest_torch_gpu_tests": "echo '[  PASSED  ] 2 tests.'; echo '[  SKIPPED ] 19 tests, listed below:'"})
        self.assertEqual(self.results(report)["tensor-tests"], "not run: 19 tests skipped")
        self.assertIn("| tests pass | ok; not run: 19 tests skipped |", page)

    def test_another_libtorch_is_said_and_only_what_needs_it_is_left_out(self):
        self.version("2.9.1")
        _, report, _ = self.day_of({})
        results = self.results(report)
        expected = f"not run: expected LibTorch 2.11, got 2.9.1 in {self.torch}"
        for part in ("tensor-tests", "select_cuda_bench", "cuda_steps"):
            self.assertEqual(results[part], expected)
        self.assertEqual((results["tests"], results["cuda_picks"]), ("ok", "ok"))

    def test_the_whole_has_a_limit_too(self):
        _, report, _ = self.day_of({name: "sleep 300" for name in GOOD}, minutes=0.02)
        self.assertLess(sum(part["seconds"] for part in report["parts"]), 30)
        self.assertEqual(len(report["parts"]), 11)


class Words(DayCase):
    def test_without_a_device_it_says_so_in_one_line(self):
        done = self.run_day()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (NO_DEVICE, "", "gpu-day: no CUDA device\n"))

    def test_programs_without_a_device_are_skipped(self):
        absent = "echo 'no CUDA device on this machine' >&2; exit 77"
        status, report, page = self.day_of({name: absent for name in GOOD})
        self.assertEqual(status, NO_DEVICE)
        self.assertEqual(self.results(report)["cuda_picks"], "not run: no CUDA device on this machine")
        self.assertIn("| the objective of judged picks is equal | not run |", page)

    def test_help_and_refusals(self):
        done = self.run_day("--help")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(all(len(line) <= 80 for line in done.stdout.splitlines()))
        for words, said in (
                (("--minutes", "0"), "gpu-day --minutes: expected a number above 0, got 0.0\n"),
                (("--pack", "no/file.tar"),
                 f"gpu-day --pack: expected a file in a folder that exists, got {self.folder}/no/file.tar\n")):
            done = self.run_day(*words)
            self.assertEqual((done.returncode, done.stderr), (1, said))


class Torch(DayCase):
    def test_none_is_said(self):
        self.assertIn("no LibTorch 2.11: give --torch DIR", why_not(None))
        self.assertIsNone(why_not(self.torch))


class Page(DayCase):
    def test_a_page_of_nothing(self):
        keep(self.folder, [], [])
        self.assertIn("no selection was timed", (self.folder / "gpu-day.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
