#!/usr/bin/env python3
"""examples/train_by_pytorch_guide on a small slice: an encoder of PyTorch, tables, a trained run.
Usage: guide_run_test.py JEST_TRAIN, by a Python with PyTorch."""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
try:
    import torch  # noqa: F401
except (ImportError, OSError):
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/structure"))
from tree_rules import tested_commands

GUIDE = """
import torch, zlib

class Bags(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.words = torch.nn.EmbeddingBag(512, 32, mode="mean")

    def forward(self, x, y):
        return tuple(torch.nn.functional.normalize(self.words(side), dim=1) for side in (x, y))

class Guide:
    module = Bags().eval()

    def inputs(self, xs, ys):
        def bags(texts):
            rows = [[zlib.crc32(word.encode()) % 512 for word in text.split()] for text in texts]
            return torch.tensor([row + row[-1:] * (6 - len(row)) for row in rows])
        return bags(xs), bags(ys)
"""
# What export_guide.py asks for where it compiles.
EXAMPLE = """
class MiniLm(Guide):
    def __init__(self):
        self.example = self.inputs(["a b", "c"], ["d", "e f"])
"""


def write_table(path, first_id, rows, wrong):
    """y has the words of x in another order, or, of the share that is wrong, other words."""
    generator = random.Random(str(path))
    lines = ["id\tx\ty\ttag"]
    for row in range(rows):
        x = [f"word{generator.randrange(90)}" for _ in range(6)]
        is_wrong = generator.random() < wrong
        y = [f"word{generator.randrange(90)}" for _ in x] if is_wrong else generator.sample(x, len(x))
        lines.append(f"{first_id + row}\t{' '.join(x)}\t{' '.join(y)}\t{'wrong' if is_wrong else 'right'}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Example(unittest.TestCase):
    def test_an_encoder_selects_the_pairs_that_match(self):
        with tempfile.TemporaryDirectory(prefix="jest-guide-") as name:
            folder = pathlib.Path(name)
            folder.joinpath("guide.py").write_text(GUIDE, encoding="utf-8")
            for number, (table, rows, wrong) in enumerate(
                    (("curated", 60, 0), ("pool", 600, 0.9), ("eval", 40, 0))):
                write_table(folder / f"{table}.tsv", 10000 * number, rows, wrong)
            words = [ROOT / "examples/train_by_pytorch_guide", folder / "guide.py:Guide",
                     *(folder / f"{table}.tsv" for table in ("curated", "pool", "eval")),
                     folder / "run", *("--count 8 --super-batch 80 --steps 20 --eval-every 10 "
                                       "--cascade-from 160 --cascade-to 16 --threads 1").split()]
            done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False,
                                  env=dict(os.environ, JEST_TRAIN=PROGRAM, JEST_TORCH_PYTHON=sys.executable,
                                           PACKAGE="no"))  # export_guide_test.py compiles
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("fitted to 60 curated pairs", done.stderr)
            summary = json.loads(folder.joinpath("run/summary.json").read_bytes())
            self.assertGreater(summary["reference"]["seconds"], 0)  # what embedding cost
            right = {run["arm"]: run["picked_tags"][-1].get("right", 0) for run in summary["runs"]}
            self.assertLess(right["uniform"], 0.2)
            self.assertGreater(right["cascade"], 0.6)
            self.assertTrue(folder.joinpath("run/report.html").exists())

    def test_what_the_page_shows(self):
        """The commands of docs/guides.md, with a small encoder in the place of the real one."""
        mine = ("tests/torch/guide_run_test.py", "test_what_the_page_shows")
        (command,) = [code for *claim, code in
                      tested_commands((ROOT / "docs/guides.md").read_text(encoding="utf-8"))
                      if tuple(claim) == mine]
        with tempfile.TemporaryDirectory(prefix="jest-guide-") as name:
            folder = pathlib.Path(name)
            for needed in ("examples/python", "bin"):
                (folder / needed).mkdir(parents=True)
            (folder / "python").symlink_to(ROOT / "python")
            (folder / "bin/python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" -B "$@"\n')
            (folder / "bin/python3").chmod(0o755)
            (folder / "examples/python/minilm_guide.py").write_text(GUIDE + EXAMPLE, encoding="utf-8")
            for number, table in enumerate(("curated", "pool")):
                write_table(folder / f"{table}.tsv", 10000 * number, 20, 0)
            path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, text=True,
                                  capture_output=True, check=False, env=os.environ | {"PATH": path})
            self.assertEqual(done.returncode, 0, done.stderr)
            for made in ("minilm.pt2", "store.safetensors"):
                self.assertGreater((folder / made).stat().st_size, 1000)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
