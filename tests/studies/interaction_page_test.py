#!/usr/bin/env python3
"""The page of evidence about the interaction of pairs, from a summary with known values."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pages.interaction_page import gains, over_seeds, page, seeds_ahead


def look(step, value):
    return {"step": step, "negatives_share": value, "gradient_norm": 10 * value,
            "gradient_cosine": -value}


def run(arm, seed, recall):
    return {"arm": arm, "seed": seed, "steps": 10, "evaluations": [{"step": 10, "r_at_1": recall}],
            "picked_tags": [{"true": 0.5}, {"true": 0.7}], "batches": {"repeated": 0.1 * seed},
            "gradients": [look(step, step / 10) for step in range(1, 11)]}


ENDS = {"uniform": (0.1, 0.2, 0.3), "independent": (0.5, 0.6, 0.4), "joint:interaction=1": (0.6, 0.5, 0.7),
        "independent:count=512:super-batch=2560": (0.2, 0.2, 0.2),
        "joint:count=512:super-batch=2560:interaction=0.3@50%": (0.2, 0.3, 0.1)}
SUMMARY = {
    "command": "jest-train images --curated '/of/me/my data/curated.safetensors' --out /of/me/out",
    "task": "images",
    "examples": "images",
    "measures": [{"name": "r_at_1", "label": "R@1", "higher_is_better": True}],
    "data": {"pool": {"rows": 1000, "tags": {"true": 0.5}}, "curated": {"rows": 100},
             "eval": [{"name": "", "rows": 10}], "count": 128, "target_tag": "true"},
    "reference": {"r_at_1": 0.3},
    "runs": [run(arm, seed, recall) for arm, recalls in ENDS.items()
             for seed, recall in enumerate(recalls, 1)]}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
            cls.text = page("some", {"title": "A title", "remark": "One.\n\nTwo."}, folder)

    def all_rows(self):
        return [[cell.strip() for cell in line.strip("|").split("|")]
                for line in self.text.splitlines() if line.startswith("| ")]

    def rows(self):
        """Those of the tables by batch size."""
        return self.all_rows()[3:]

    def test_every_batch_size_has_a_table_in_order(self):
        first = self.text.index("## b = 128, 10 updates\n")
        second = self.text.index("## b = 512, 10 updates\n")
        self.assertLess(first, second)
        self.assertEqual([row[:3] for row in self.rows()],
                         [["arm", "κ", "from"], ["uniform", "–", ""], ["independent", "0", ""],
                          ["joint", "1", "the start"], ["arm", "κ", "from"], ["independent", "0", ""],
                          ["joint", "0.3", "50%"]])

    def test_an_arm_is_set_against_independent_selection_of_its_size(self):
        self.assertEqual(self.rows()[0][4], "seeds ahead of independent")
        self.assertEqual([row[4] for row in self.rows()[1:4]], ["0 of 3", "", "2 of 3"])
        self.assertEqual(self.rows()[6][3:5], ["0.200 (0.100–0.300)", "1 of 3"])

    def test_gains_over_independent_selection_stand_first(self):
        # Of one seed each: 0.6 − 0.5, 0.5 − 0.6, 0.7 − 0.4; and 0, 0.1, −0.1.
        self.assertIn("## R@1 gained over independent selection\n", self.text)
        self.assertEqual(self.all_rows()[:3], [
            ["κ", "from", "b = 128", "b = 512"],
            ["1", "the start", "+0.100 (-0.100 to +0.300)", ""],
            ["0.3", "50%", "", "+0.000 (-0.100 to +0.100)"]])

    def test_where_less_is_better_less_is_a_gain(self):
        measure = {"name": "bits", "higher_is_better": False}
        runs = [[{"seed": seed, "evaluations": [{"bits": bits}]} for seed, bits in given]
                for given in (((1, 2.0), (2, 2.5)), ((2, 2.25), (1, 2.25)))]
        self.assertEqual(gains(*runs, measure), [0.25, -0.25])
        self.assertEqual(seeds_ahead([0.25, -0.25]), "1 of 2")

    def test_batches_are_described(self):
        # Picked: 1 − (.5 + .7)/2. Of ten looks the first two and the last two.
        self.assertEqual(self.rows()[3][5:], ["40.0 %", "20.0 %", "0.15 → 0.95", "1.50 → 9.50",
                                              "-0.15 → -0.95"])

    def test_one_seed_is_called_one(self):
        self.assertIn("Median over seeds 1, 2, 3, minimum and maximum in brackets.", self.text)
        self.assertEqual(over_seeds([4]), "Seed 4 alone.")

    def test_a_remark_keeps_its_paragraphs(self):
        self.assertIn("## What is seen\n\nOne.\n\nTwo.\n", self.text)
        self.assertNotIn("/of/me", self.text)
        self.assertIn("`jest-train images --curated DATA/curated.safetensors --out OUT`", self.text)


if __name__ == "__main__":
    unittest.main()
