#!/usr/bin/env python3
"""Choices by rows that a page does not use, and the page that is made of them."""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pages.recipe import read_recipe
from pages.tuned_page import page, picked_cells, picked_titles
from pages.duels import duel_table
from tuning import chosen, expanded, reported_options, tuning_options, without_rate

ARMS = ["uniform", "mixed", "curated:steps=100", "filter:{0.1|0.2}:steps=100", "joint:steps=100"]
RECIPE = {"title": "A title", "options": {"arms": ARMS, "seeds": [1, 2, 3], "steps": 1000},
          "tune": {"learning-rate": [0.01, 0.02], "seed": 101, "validation-share": 0.25}}
# What the rows kept for choices say; on the reported rows it is the other way round.
LIKED = {"uniform": 0.02, "mixed": 0.01, "curated:steps=100": 0.02, "filter:0.2:steps=100": 0.01,
         "joint:steps=100": 0.02}


def evaluation(step, reported, kept, flops):
    return {"step": step, "r_at_1": reported, "r_at_10": 0.9, "validation_r_at_1": kept, "flops": flops,
            "cpu_seconds": flops / 10}


def run(arm, seed, steps, value, kept, once=0):
    kind = arm.split(":")[0]
    flops = steps / 2
    evaluations = [evaluation(steps // 2, value + 0.02, kept + 0.1 * (kind == "curated"), flops / 2),
                   evaluation(steps, value, kept, flops)]
    best = max(evaluations, key=lambda one: one["validation_r_at_1"])
    return {"arm": arm, "kind": kind, "seed": seed, "steps": steps, "evaluations": evaluations,
            "role": {"uniform": "baseline", "joint": "contender"}.get(kind, "rival"),
            "score": "learnability" if kind == "joint" else "none",
            "best_by_validation": {key: best[key] for key in ("step", "validation_r_at_1", "r_at_1")},
            "examples_scored": 10 * steps, "batches": {}, "picked_tags": [{"ja": 0.5}],
            "flops": {"learner_training": flops, "learner_scoring": 0, "reference_scoring": 0,
                      "reference_training": once, "pool_embedding": once},
            "cpu_seconds": flops / 10, "joules": {"run": None},
            "cpu_seconds_once": {"reference_training": once / 10, "pool_embedding": once / 10}}


def summary_of(runs, validation=100):
    return {"command": "jest-train pairs --out OUT", "task": "pairs", "examples": "pairs",
            "measures": [{"name": "r_at_1", "label": "R@1", "higher_is_better": True}],
            "data": {"pool": {"rows": 1000, "tags": {"ja": 0.1}}, "curated": {"rows": 10},
                     "eval": [{"name": "", "rows": 400, "evaluated": 300, "validation": validation}],
                     "count": 8, "target_tag": "ja"},
            "reference": {"r_at_1": 0.1, "r_at_10": 0.2}, "runs": runs}


def tuned_runs():
    runs = []
    for name in tuning_options(RECIPE)["arms"]:
        rate = float(name.rsplit("=", 1)[1])
        liked = LIKED.get(without_rate(name)) == rate
        steps = 1000 if without_rate(name) in ("uniform", "mixed") else 100
        runs.append(run(name, 101, steps, 0.1 if liked else 0.9, 0.8 if liked else 0.2))
    return runs


def reported_runs(options):
    values = {"uniform": (0.5, 0), "mixed": (0.6, 0), "curated": (0.3, 0), "filter": (0.55, 5),
              "joint": (0.61, 10)}
    return [run(arm, seed, 1000 if arm.startswith(("uniform", "mixed")) else 100,
                values[arm.split(":")[0]][0] + seed / 100, 0.4, values[arm.split(":")[0]][1])
            for seed in (1, 2, 3) for arm in options["arms"]]


class Choices(unittest.TestCase):
    def setUp(self):
        self.names = chosen(RECIPE, summary_of(tuned_runs()))

    def test_a_choice_is_every_one_of_its_alternatives(self):
        self.assertEqual(expanded("uniform"), ["uniform"])
        self.assertEqual(expanded("a:{1|2}:b={x|y}"), ["a:1:b=x", "a:1:b=y", "a:2:b=x", "a:2:b=y"])

    def test_every_arm_is_tried_at_every_rate(self):
        options = tuning_options(RECIPE)
        self.assertEqual(len(options["arms"]), 12)
        self.assertEqual({name.rsplit("=", 1)[1] for name in options["arms"]}, {"0.01", "0.02"})
        self.assertEqual((options["seeds"], options["validation-share"]), ([101], 0.25))

    def test_they_are_made_by_the_rows_kept_for_them(self):
        self.assertEqual(self.names, {
            "uniform": "uniform:learning-rate=0.02", "mixed": "mixed:learning-rate=0.01",
            "curated:steps=100": "curated:steps=100:learning-rate=0.02",
            "filter:{0.1|0.2}:steps=100": "filter:0.2:steps=100:learning-rate=0.01",
            "joint:steps=100": "joint:steps=100:learning-rate=0.02"})

    def test_lower_can_be_better(self):
        summary = summary_of(tuned_runs())
        summary["measures"][0]["higher_is_better"] = False
        self.assertEqual(chosen(RECIPE, summary)["uniform"], "uniform:learning-rate=0.01")

    def test_uniform_keeps_its_name_and_gets_the_rate_of_the_run(self):
        options = reported_options(RECIPE, self.names)
        self.assertEqual((options["arms"][0], options["learning-rate"]), ("uniform", "0.02"))
        self.assertEqual(options["arms"][3], "filter:0.2:steps=100:learning-rate=0.01")
        self.assertEqual((options["seeds"], options["validation-share"]), ([1, 2, 3], 0.25))


def page_text():
    tuned = summary_of(tuned_runs())
    options = reported_options(RECIPE, chosen(RECIPE, tuned))
    with tempfile.TemporaryDirectory() as folder:
        for name, summary in (("x-tune", tuned), ("x", summary_of(reported_runs(options)))):
            (pathlib.Path(folder) / name).mkdir()
            (pathlib.Path(folder) / name / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        return page("x", copy.deepcopy(RECIPE), pathlib.Path(folder) / "x")


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = page_text()

    def rows(self, arm):
        return [[cell.strip() for cell in line.strip("|").split("|")][1:]
                for line in self.text.splitlines() if line.startswith(f"| `{arm}` |")]

    def test_an_arm_has_its_rate_and_all_of_its_costs(self):
        # 500 FLOPs of uniform against 50 of the run and 60 all-in; seconds are a tenth.
        first, second = self.rows("filter:0.2:steps=100")
        self.assertEqual(first, ["0.01", "100", "0.570 (0.560–0.580)", "3 of 3", "10.0", "10.0", "8.3", "8.3",
                                 "1.00", "1,000", "50 %", "0 %"])
        self.assertEqual(second, ["0 of 3", "10.0", "10.0", "8.3", "8.3"])
        self.assertEqual(self.rows("joint:steps=100")[1][0], "3 of 3")
        self.assertEqual(self.rows("uniform")[0][:4], ["0.02", "1,000", "0.520 (0.510–0.530)", "2 of 3"])

    def test_the_curated_alone_stop_where_choices_say(self):
        self.assertEqual(self.rows("curated:steps=100")[0][:5], ["0.02", "50", "0.340 (0.330–0.350)", "0 of 3", "20.0"])

    def test_online_selection_meets_the_filter(self):
        self.assertIn("| best filter | `filter:0.2:steps=100` | 0.570 (0.560–0.580) | 60 | 6 |", self.text)
        self.assertIn("| best online | `joint:steps=100` | 0.630 (0.620–0.640) | 70 | 7 |", self.text)
        self.assertIn("| gain of online | seed by seed | +0.060 (+0.060 to +0.060) |", self.text)

    def test_it_says_how_choices_were_made(self):
        self.assertIn("rates 0.01, 0.02, and at each choice that the recipe writes, on seed 101", self.text)
        self.assertIn("(100): 12 runs", self.text)


class Picks(unittest.TestCase):
    def test_without_a_target_the_oracles_tags_are_shown(self):
        runs = [run("uniform", 1, 10, 0.5, 0.5), run("oracle:perl+rust:steps=5", 1, 5, 0.5, 0.5)]
        runs[1]["picked_tags"] = [{"perl": 0.5, "rust": 0.3, "troff": 0.2}]
        summary = summary_of(runs)
        summary["data"]["target_tag"] = None
        self.assertIn("perl+rust picked", picked_titles(summary))
        self.assertEqual(picked_cells(summary, runs[1:]), ["50", "80 %", "0 %"])
        summary["runs"] = runs[:1]
        self.assertEqual(picked_titles(summary), ["learner scored", "curated picked"])


class Duels(unittest.TestCase):
    def test_pages_on_which_online_meets_a_filter_are_listed(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "studies/recipes").mkdir(parents=True)
            (root / "docs/evidence").mkdir(parents=True)
            (root / "studies/recipes/x.toml").write_text(
                'title = "A title"\nuseless = "noise"\n[data]\ndebian-docs = {}\n[tune]\nlearning-rate = [0.1]\n'
                'seed = 9\nvalidation-share = 0.25\n[text]\narms = ["uniform"]\nseeds = [1]\n', encoding="utf-8")
            (root / "docs/evidence/x.md").write_text(page_text(), encoding="utf-8")
            (root / "docs/evidence/y.md").write_text("# Of no recipe\n", encoding="utf-8")
            self.assertEqual(duel_table(root).splitlines()[2:], [
                "| [A title](x.md) | noise | `filter:0.2:steps=100` 0.570 (0.560–0.580) | `joint:steps=100` "
                "0.630 (0.620–0.640) | R@1 +0.060 (+0.060 to +0.060) | 1.17 |"])


class Recipes(unittest.TestCase):
    def refused(self, tune, more='useless = "noise"\n'):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "r.toml"
            path.write_text(f'title = "T"\n{more}[data]\ndebian-docs = {{}}\n[tune]\n{tune}\n[text]\n'
                            'arms = ["uniform"]\nseeds = [1]\n', encoding="utf-8")
            with self.assertRaises(SystemExit) as refusal:
                read_recipe(path)
        return str(refusal.exception)

    def test_what_cannot_be_tuned_is_refused(self):
        whole = 'learning-rate = [0.1]\nseed = 9\nvalidation-share = 0.25'
        self.assertIn("[tune] with", self.refused("seed = 9"))
        self.assertIn("numbers", self.refused(whole.replace("[0.1]", "[]")))
        self.assertIn("no figure is of", self.refused(whole.replace("seed = 9", "seed = 1")))
        self.assertIn("with it alone", self.refused(whole, 'page = "arms"\n'))
        self.assertIn("what most of the pool is", self.refused(whole, 'useless = 1\n'))

    def test_the_list_says_how_long_each_takes(self):
        done = subprocess.run([sys.executable, ROOT / "studies/study", "--list"], capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        self.assertTrue(any(line.startswith("filters-docs: ") and line.endswith(" minutes") for line in lines), lines)
        self.assertTrue(all(len(line) <= 80 for line in lines))


if __name__ == "__main__":
    unittest.main()
