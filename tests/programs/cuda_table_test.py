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
    return timing(ms) | {"name": name, "extra_bytes": 3 << 20, "floor_share": floor_ms / ms,
                         "step_share": 0.0123}


REPORT = {"device": "Made-up GPU", "driver": 13010, "toolkit": 13000, "torch_has_cuda": True,
          "timed_runs": 24, "forward_flops": 46.1e9,
          "shapes": [{"B": 163840, "d": 768, "b": 32768, "N": 16, "flops": 2.8e13,
                      "floor": timing(40), "rows": [row("sigmoid, float16, products", 50, 40),
                                                    row("gradient alignment", 5, 40)],
                      "peers": {"incremental-f16": 101.0}}]}


class Section(unittest.TestCase):
    def test_nothing_measured_is_said(self):
        self.assertEqual(cuda_section(None), ["Not measured: this machine has no GPU."])

    def test_figures(self):
        text = "\n".join(cuda_section(REPORT))
        self.assertIn("Made-up GPU, driver for CUDA 13.1, toolkit 13.0.", text)
        self.assertIn("### B 163,840, d 768, b 32,768, N 16", text)
        self.assertIn("cuBLASLt alone: 40 (39 to 42) ms, 700 TFLOP/s.", text)
        self.assertIn("| sigmoid, float16, products | 50 (49 to 52) | 50.5 | 0.80 | 3 | 1.2 % |", text)
        self.assertIn("| incremental-f16 | 101 | 2.00 |", text)

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
