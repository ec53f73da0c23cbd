#!/usr/bin/env python3
"""examples/train_from_shards on a small slice: shards, half of whose captions are another picture's, to
a model that finds pictures by what is in them. Usage: shards_example_test.py JEST_TRAIN"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from shard_files import samples, write_shard

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OPTIONS = {"steps": 150, "reference-steps": 150, "count": 32, "super-batch": 128, "chunks": 4, "threads": 2,
           "eval-every": 50, "image-size": 32, "channels": 8, "depth": 1, "reference-channels": 8,
           "reference-depth": 1, "tag-key": "kind", "eval-rows": 0}


class Example(unittest.TestCase):
    def test_shards_become_a_model(self):
        with tempfile.TemporaryDirectory(prefix="jest-shards-") as name:
            folder = pathlib.Path(name)
            write_shard(folder / "curated.tar", samples("curated", 200))
            for k in range(2):
                write_shard(folder / f"pool-{k:03}.tar", samples(f"pool {k}", 300, wrong=0.5))
            write_shard(folder / "eval.tar", samples("eval", 100))
            words = [ROOT / "examples/train_from_shards", folder / "curated.tar",
                     folder / "pool-{000..001}.tar", folder / "eval.tar", folder / "run"]
            words += [word for option, value in OPTIONS.items() for word in ("--" + option, value)]
            done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False,
                                  env=os.environ | {"JEST_TRAIN": sys.argv[1]}, timeout=600)
            self.assertEqual(done.returncode, 0, done.stderr)
            summary = json.loads(folder.joinpath("run/summary.json").read_bytes())
            runs = {run["arm"]: run for run in summary["runs"]}
            # 36 names: chance is below 0.03.
            self.assertGreater(summary["reference"]["r_at_1"], 0.5)
            self.assertGreater(runs["joint"]["evaluations"][-1]["r_at_1"], 0.5)
            right = [entry["true"] for entry in runs["joint"]["picked_tags"]]
            self.assertGreater(min(right), 0.6, "of the pool, half are right")
            self.assertTrue(folder.joinpath("run/joint-seed1/model.safetensors").is_file())
            self.assertIn("data:image/bmp", folder.joinpath("run/report.html").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
