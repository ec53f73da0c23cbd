#!/usr/bin/env python3
"""The GPU section of docs/benchmarks.md, from a made-up report of select_cuda_bench; and what the
program, when its path is given, says without a device."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
from cuda_table import cuda_section

NO_DEVICE = 77


def timing(ms):
    return {"ms": ms, "low_ms": ms - 1, "high_ms": ms + 2, "host_ms": ms + 0.5}


def row(name, ms, floor_ms):
    return timing(ms) | {"name": name, "extra_bytes": 3 << 20, "taken_bytes": 5 << 20, "floor_share": floor_ms / ms,
                         "step_share": 0.0123}


BENCH_REPORT = {"device": "Made-up GPU", "driver": 13010, "toolkit": 13000, "torch_has_cuda": True,
                "timed_runs": 24, "forward_flops": 46.1e9,
                "shapes": [{"B": 163840, "d": 768, "b": 32768, "N": 16, "flops": 2.8e13,
                            "floor": timing(40), "rows": [row("sigmoid, float16, products", 50, 40),
                                                          row("gradient alignment", 5, 40)],
                            "peers": {"incremental-f16": 101.0}}]}


def picked(**different):
    return {"B": 4096, "d": 512, "b": 820, "N": 16, "criterion": "sigmoid", "regime": "calibrated", "way": "products",
            "overlap": 0.9951, "objective": 2.0015, "host_objective": 2.0, "other_seed_objective": 2.002} | different


def part(name, **different):
    return {"part": name, "title": f"title of {name}", "limit_s": 50.0, "seconds": 12.34, "said": [],
            "result": "ok", "passed": 20, "skipped": 0} | different


# Of scripts/gpu-day.
DAY_REPORT = BENCH_REPORT | {
    "capability": "9.0", "multiprocessors": 132, "memory_bytes": 139 << 30, "copy_bytes_per_second": 4.3e12,
    "products": [{"rows": 8192, "columns": 8192, "width": 8192, "flops": 7.9e14}],
    "parts": [part("tests"), part("tensor-tests", skipped=1),
              part("nccl", result="failed with 1: a|b <c>", seconds=0.5)],
    "picks": [picked(), {key: value for key, value in picked(way="fused", refused="no fused here").items()
                         if "overlap" not in key and "objective" not in key},
              picked(overlap=0.97, regime="sharp"), picked(way="products, float16x3", overlap=1.0, regime="sharp")],
    "step_B": 5120, "step_b": 1024, "model": "two towers",
    "steps": [{"arm": "joint", "ms": 212.34, "scoring_ms": 140.1, "selection_ms": 0.754}]}


class Section(unittest.TestCase):
    def test_nothing_measured_is_said(self):
        self.assertEqual(cuda_section(None),
                         ["Not measured: this machine has no GPU. [A day with one](gpu.md) is one command."])

    def test_figures(self):
        text = "\n".join(cuda_section(BENCH_REPORT))
        self.assertIn("Made-up GPU, driver for CUDA 13.1, toolkit 13.0.", text)
        self.assertIn("### B 163,840, d 768, b 32,768, N 16", text)
        self.assertIn("cuBLASLt alone: 40 (39 to 42) ms, 700 TFLOP/s.", text)
        self.assertIn("| sigmoid, float16, products | 50 (49 to 52) | 50.5 | 0.80 | 3 | 5 | 1.2 % |", text)
        self.assertIn("| incremental-f16 | 101 | 2.00 |", text)

    def day(self, **different):
        return "\n".join(cuda_section(DAY_REPORT | different))

    def test_a_day_shows_its_parts(self):
        text = self.day()
        for line in ("| title of tests | 12.3 | 50 | ok |",
                     "| title of nccl | 0.5 | 50 | failed with 1: a\\|b &lt;c> |",
                     "Compute capability 9.0, 132 multiprocessors, 139 GiB. A copy reads and writes 4.30 TB/s.",
                     "cuBLASLt, float16, 8,192 × 8,192 × 8,192: 790 TFLOP/s.",
                     "| 4,096 | 512 | 820 | sigmoid | calibrated | products | 99.51 % | 2.0015 | 2 | 2.002 |",
                     "| joint | 212.3 | 140.1 | 0.754 |",
                     "cuBLASLt alone: 40 (39 to 42) ms, 700 TFLOP/s."):
            self.assertIn(line + "\n", text + "\n")

    def test_shapes_that_had_no_time_are_counted(self):
        self.assertNotIn("further shapes", self.day(left_out=0))
        self.assertTrue(self.day(left_out=9).endswith("\n9 further shapes were left out for lack of time."))

    def test_a_day_judges_what_it_was_for(self):
        met = self.day()
        self.assertIn("| tests pass | 40 passed, 1 skipped: met |", met)
        self.assertIn("at least 99 %: float16, regimes calibrated and fresh | at least 99.51 %: met |", met)
        self.assertIn("at least 99 %: float16x3, every regime | at least 100.00 %: met |", met)
        self.assertIn("| the same, float16, other regimes, no goal | at least 97.00 % |", met)
        self.assertIn("| the objective of judged picks is equal | 2 of 2: met |", met)
        self.assertIn("route products: at least 0.60 of cuBLASLt | 0.80: met |", met)
        self.assertIn("route fused: at least 0.80 of cuBLASLt | not run |", met)
        self.assertIn("at most 600 MB | 5 MB: met |", met)

    def test_a_day_says_what_it_missed(self):
        slow = json.loads(json.dumps(BENCH_REPORT["shapes"]))
        slow[0]["rows"] = [row("sigmoid, float16, fused", 80, 40) | {"taken_bytes": 700e6}]
        missed = self.day(shapes=slow, picks=[picked(overlap=0.9, objective=2.1)],
                          parts=[part("tests", result="failed with 1: no"), part("tensor-tests")])
        self.assertIn("| tests pass | failed with 1: no; ok |", missed)
        self.assertIn("regimes calibrated and fresh | at least 90.00 %: missed |", missed)
        self.assertIn("float16x3, every regime | not run |", missed)
        self.assertIn("| the objective of judged picks is equal | 0 of 1: missed |", missed)
        self.assertIn("route fused: at least 0.80 of cuBLASLt | 0.50: missed |", missed)
        self.assertIn("at most 600 MB | 700 MB: missed |", missed)

    def test_the_page_has_what_this_machine_can_say(self):
        page = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
        section = page.split("## CUDA\n\n")[1].split("\n## ")[0].strip()
        self.assertTrue(section == cuda_section(None)[0] or "Written by `select_cuda_bench`" in section)


@unittest.skipUnless(sys.argv[1:] and pathlib.Path(sys.argv[1]).exists(),
                     "select_cuda_bench is not built")
class Program(unittest.TestCase):
    def test_says_that_there_is_no_device(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out.json"
            done = subprocess.run([BENCH, "--quick", "--out", out], text=True, timeout=600,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            if done.returncode == NO_DEVICE:
                self.assertEqual(done.stderr,
                                 "select_cuda_bench: no CUDA device on this machine\n")
                self.assertFalse(out.exists())
            else:
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertGreater(len(cuda_section(json.loads(out.read_text()))), 5)

    def test_refuses_what_it_does_not_know(self):
        done = subprocess.run([BENCH, "--fast"], stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("usage", done.stderr)


if __name__ == "__main__":
    BENCH = sys.argv[1] if len(sys.argv) > 1 else None
    unittest.main(argv=sys.argv[:1], verbosity=2)
