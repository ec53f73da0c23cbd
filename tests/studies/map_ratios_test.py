#!/usr/bin/env python3
"""The map's ratios from hand-made curves, and the page they are shown on."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pool_map.cells import FULL, LENGTHS, QUICK, STEPS, cells, selecting_arms, uniform_arms
from pool_map.page import loses, page
from pool_map.pools import KINDS, MISMATCHED, OTHER, USEFUL
from pool_map.ratios import LOWER, UPPER, Ratio, median, steps_to
from pool_map.results import as_json, exceeds_uniform, points
from pool_map.run import write_evidence

CURVE = [(100, 0.1), (400, 0.3), (1600, 0.4), (6400, 0.35)]
SETS = [("translations", "Translations"), ("glyphs", "Glyphs")]


class Steps(unittest.TestCase):
    def test_an_end_of_a_run_is_exact(self):
        self.assertEqual(steps_to(CURVE, 0.1), Ratio(100))
        self.assertAlmostEqual(steps_to(CURVE, 0.3).value, 400)

    def test_between_two_ends_it_is_linear_in_log_steps(self):
        found = steps_to(CURVE, 0.2)
        self.assertAlmostEqual(found.value, 200)
        self.assertEqual(found.bound, "")

    def test_what_is_never_reached_is_a_lower_bound_by_the_longest_run(self):
        self.assertEqual(steps_to(CURVE, 0.41), Ratio(6400, LOWER))

    def test_what_the_shortest_run_exceeds_is_an_upper_bound(self):
        self.assertEqual(steps_to(CURVE, 0.05), Ratio(100, UPPER))

    def test_the_first_crossing_counts_though_the_curve_falls_later(self):
        self.assertLess(steps_to(CURVE, 0.38).value, 1600)

    def test_lower_may_be_better(self):
        self.assertAlmostEqual(steps_to([(100, 4.0), (400, 2.0)], 3.0, False).value, 200)
        self.assertEqual(steps_to([(100, 4.0), (400, 2.0)], 1.0, False), Ratio(400, LOWER))

    def test_text(self):
        self.assertEqual([Ratio(9.06).text(), Ratio(0.5).text(), Ratio(14, LOWER).text(),
                          Ratio(0.996).text()], ["9.1", "0.50", ">14.0", "1.0"])


class Medians(unittest.TestCase):
    def test_the_middle_one_keeps_its_bound(self):
        self.assertEqual(median([Ratio(3), Ratio(14, LOWER), Ratio(5)]), Ratio(5))
        self.assertEqual(median([Ratio(3), Ratio(14, LOWER), Ratio(14, LOWER)]), Ratio(14, LOWER))

    def test_a_lower_bound_is_more_than_any_number(self):
        self.assertEqual(median([Ratio(14, LOWER), Ratio(20), Ratio(30)]), Ratio(30))

    def test_of_two_the_lower(self):
        self.assertEqual(median([Ratio(4), Ratio(2)]), Ratio(2))


def summary(values, uniform):
    """values: of the selecting arms by (arm, filter); uniform: value by steps."""
    def run(arm, steps, value, flops):
        return {"arm": arm, "steps": steps, "evaluations": [{"step": steps, "r_at_1": value}],
                "flops": dict(zip(("learner_training", "learner_scoring", "reference_scoring",
                                   "reference_training", "pool_embedding"), flops)),
                "picked_tags": [{USEFUL: 0.5}]}
    runs = [run(arm, steps, uniform(steps), (steps, 0, 0, 0, 0))
            for arm, steps in uniform_arms().items()]
    runs += [run(name, STEPS, values[key], (STEPS, STEPS, 0, STEPS, STEPS))
             for key, name in selecting_arms(QUICK.filters).items()]
    return {"measures": [{"name": "r_at_1", "label": "R@1", "higher_is_better": True}],
            "reference": {"r_at_1": 0.25}, "runs": runs}


def whole_map():
    """Uniform reaches steps / 10,000; what arms reach grows with the filter, shrinks with share."""
    finished = []
    for cell in cells(QUICK, [name for name, _ in SETS]):
        level = {1: 0.5, 0.25: 2, 0.05: 20}[cell.spec.share]
        values = {key: level * (1 if key[1] < 0.9 else 1.5) * STEPS / 10000
                  for key in selecting_arms(QUICK.filters)}
        finished.append((cell, summary(values, lambda steps: steps / 10000)))
    return finished


class Map(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.finished = whole_map()
        cls.points = points(cls.finished, QUICK)

    def at(self, **wanted):
        found = [one for one in self.points
                 if all(getattr(one, name) == value for name, value in wanted.items())]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_every_place_has_a_point(self):
        self.assertEqual(len(self.points), 2 * 2 * 3 * 4)
        self.assertEqual(self.at(set="glyphs", useless=MISMATCHED, share=1, arm="joint", filter=0.8),
                         self.points[0].__class__(**{**vars(self.at(
                             set="glyphs", useless=OTHER, share=1, arm="joint", filter=0.8)),
                             "useless": MISMATCHED}))

    def test_ratios(self):
        one = self.at(set="glyphs", useless=OTHER, share=1, arm="joint", filter=0.8)
        self.assertEqual(one.updates, Ratio(0.5))
        self.assertAlmostEqual(one.run_flops.value, 0.25)     # scoring costs as much as training
        self.assertAlmostEqual(one.all_in_flops.value, 0.125)
        self.assertTrue(loses(one))
        far = self.at(set="glyphs", useless=OTHER, share=0.05, arm="cascade", filter=0.95)
        self.assertEqual(far.updates.text(), f">{max(LENGTHS):.1f}")
        self.assertEqual(far.run_flops.text(), f">{max(LENGTHS) / 2:.1f}")
        self.assertFalse(loses(far))

    def test_whether_an_arm_is_ahead_of_every_uniform_run(self):
        values = dict.fromkeys(selecting_arms(QUICK.filters), 0.3)
        one = summary(values, lambda steps: steps / 1000)
        self.assertFalse(exceeds_uniform(one))
        one["runs"] = [run for run in one["runs"] if run["steps"] < 300]
        self.assertTrue(exceeds_uniform(one))

    def test_without_the_longest_run_the_ratios_are_the_same(self):
        cell, with_all = self.finished[0]
        fewer = with_all | {"runs": [run for run in with_all["runs"] if run["steps"] <= 525]}
        self.assertLess(len(fewer["runs"]), len(with_all["runs"]))
        self.assertEqual(points([(cell, fewer)], QUICK), points([(cell, with_all)], QUICK))

    def test_the_page_shows_them_and_says_where_it_loses(self):
        text = page(self.finished, self.points, SETS, QUICK)
        self.assertIn("| 100 % | 0.50 · 0.25 · 0.12 |", text)
        self.assertIn("- Glyphs, the rest is mismatched: 100 % useful (4 of 4 arms).", text)
        self.assertIn("Written by `studies/study map --quick`", text)
        self.assertIn("](map.svg)", text)
        self.assertNotIn("seconds", text)

    def test_an_interrupted_map_says_so(self):
        text = page(self.finished[:3], points(self.finished[:3], QUICK), SETS, QUICK)
        self.assertIn("**Interrupted: 3 of 10 pools are in.**", text)
        self.assertNotIn("## Glyphs", text)
        self.assertNotIn("Interrupted", page(self.finished, self.points, SETS, QUICK))

    def test_evidence_is_written_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            write_evidence(self.finished, QUICK, pathlib.Path(folder))
            names = sorted(path.name for path in pathlib.Path(folder).iterdir())
            self.assertEqual(names, ["map.json", "map.md", "map.svg"])
            held = json.loads((pathlib.Path(folder) / "map.json").read_text(encoding="utf-8"))
        self.assertEqual(held, as_json(self.points))
        self.assertEqual(set(held["points"][0]), {"set", "useless", "share", "arm", "filter", "bound",
                                                  "updates", "run_flops", "all_in_flops"})


class Cells(unittest.TestCase):
    def test_a_pool_without_useless_pairs_is_run_once(self):
        self.assertEqual(len(cells(FULL, ["a", "b"])), 3 * 2 * (1 + 5 * len(KINDS)))
        self.assertEqual(len(cells(QUICK, ["a", "b"])), 2 * (1 + 2 * 2))

    def test_names_are_distinct(self):
        names = [cell.name for cell in cells(FULL, ["a", "b"])]
        self.assertEqual(len(set(names)), len(names))

    def test_a_cascade_that_would_leave_all_is_joint_selection(self):
        arms = selecting_arms(FULL.filters)
        self.assertNotIn(("cascade", 0.5), arms)
        self.assertEqual(arms["joint", 0.95], "joint:super-batch=2560")
        self.assertEqual(arms["cascade", 0.9], "cascade:cascade-from=1280:cascade-to=256")


if __name__ == "__main__":
    unittest.main()
