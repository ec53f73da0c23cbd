#!/usr/bin/env python3
"""The page of evidence that scripts/study writes, from a summary with known ratios."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "recipes"))
from evidence_page import page

PARTS = ("learner_training", "learner_scoring", "reference_scoring", "reference_training",
         "pool_embedding")


def run(arm, seed, steps, recall, flops):
    return {"arm": arm, "seed": seed, "steps": steps, "evaluations": [{"step": steps, "r_at_1": recall}],
            "examples_scored": 10 * steps, "flops": dict(zip(PARTS, flops)),
            "seconds": {"train": steps / 10, "evaluate": 99}, "picked_tags": [{"ja": 0.5}, {"ja": 0.7}]}


SUMMARY = {
    "command": "jest-train pairs --curated /data/of/me/curated.tsv --out /data/of/me/out --steps 1000",
    "data": {"pool": {"rows": 342113, "tags": {"ja": 0.034}}, "curated": {"rows": 1412},
             "eval": {"rows": 977}, "count": 128, "target_tag": "ja"},
    "reference": {"r_at_1": 0.1},
    "runs": [run("uniform", seed, 1000, recall, (600, 0, 0, 0, 0))
             for seed, recall in ((1, 0.5), (2, 0.4), (3, 0.6))]
    + [run("cascade:steps=100", seed, 100, recall, (40, 20, 0, 15, 5))
       for seed, recall in ((1, 0.55), (2, 0.45), (3, 0.5))]}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
            cls.text = page("some-recipe", {"title": "A title"}, folder)

    def row(self, arm):
        line, = [line for line in self.text.splitlines() if line.startswith(f"| `{arm}` |")]
        return [cell.strip() for cell in line.strip("|").split("|")][1:]

    def test_an_arm_is_set_against_the_long_uniform_run(self):
        # Reached: .55 and .5 of a median of .5. FLOPs: 600/60, all-in 600/80, seconds 100/10.
        self.assertEqual(self.row("cascade:steps=100"),
                         ["100", "0.500 (0.450–0.550)", "2 of 3", "10.0", "10.0", "7.5", "10.0",
                          "1,000", "60 %"])
        self.assertEqual(self.row("uniform")[2:7], ["2 of 3", "1.0", "1.0", "1.0", "1.0"])

    def test_nothing_of_this_machine_is_told(self):
        self.assertNotIn("/data/of/me", self.text)
        self.assertIn("--curated DATA/curated.tsv --out OUT --steps 1000", self.text)


if __name__ == "__main__":
    unittest.main()
