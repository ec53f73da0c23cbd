#!/usr/bin/env python3
"""jest-train: summaries, costs, models, reports. Usage: train_outputs_test.py JEST_TRAIN"""

import html
import math
import os
import shlex
import shutil
import statistics
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from train_cases import (ARMS, POOL_ROWS, SHORTEST, SIZES, Case, FolderCase, execute, finished,
                         folder_of, main, metrics_of, names_in, pairs, pairs_arguments, path, read,
                         run_flops, summary_of, tensors, times_in)
from train_tasks import train, write_tables

STAGES = {"load", "learner_scoring", "reference_scoring", "selection", "gather", "train",
          "evaluate"}
FLOPS = {"learner_training", "learner_scoring", "reference_scoring", "reference_training",
         "pool_embedding"}


class Results(Case):
    STEPS = 10
    REFERENCE_STEPS = 12

    @classmethod
    def setUpClass(cls):
        cls.out = path("results")
        cls.addClassCleanup(shutil.rmtree, cls.out, ignore_errors=True)
        cls.given = SIZES | {"arms": ",".join(ARMS), "seeds": "1,2", "steps": cls.STEPS,
                             "reference-steps": cls.REFERENCE_STEPS, "eval-every": 4,
                             # Far from what fits b = 8: losses fall, though picks grow harder.
                             "bias": -5}
        finished(pairs(cls.out, cls.given))
        cls.summary = summary_of(cls.out)
        cls.runs = {(run["arm"], run["seed"]): run for run in cls.summary["runs"]}
        cls.files = names_in(cls.out)

    def steps_of(self, arm):
        # method.md: joint with a live reference costs (3 + 2 B/b) / 3 = 13/3 of uniform.
        return self.STEPS * 13 // 3 if arm == "uniform@equal-compute" else self.STEPS

    def forward_flops(self):
        run = self.runs["uniform", 1]
        return run["flops"]["learner_training"] / (3 * run["examples_trained"])

    def test_summary_has_the_documented_fields(self):
        self.assertEqual(set(self.summary), {"command", "version", "task", "examples",
                                             "device", "precision", "ranks", "measures", "data", "energy", "reference", "runs",
                                             "crc32"})
        self.assertEqual((self.summary["device"], self.summary["precision"]), ("cpu", "float32"))
        meaning = self.summary["measures"][0].pop("meaning")
        self.assertIn("ranked first", meaning)
        self.assertEqual(self.summary["measures"], [
            {"name": name, "label": label, "higher_is_better": True}
            for name, label in (("r_at_1", "R@1"), ("r_at_10", "R@10"))])
        self.assertEqual(set(self.summary["reference"]), {"r_at_1", "r_at_10", "flops", "seconds", "cpu_seconds", "joules"})
        self.assertEqual(list(self.runs), [(arm, seed) for seed in (1, 2) for arm in ARMS])
        for run in self.runs.values():
            self.assertEqual(set(run), {"arm", "kind", "role", "score", "seed", "steps",
                                        "evaluations", "steps_to", "to_uniform", "examples_scored", "examples_trained", "flops", "seconds",
                                        "cpu_seconds", "cpu_seconds_once", "joules", "batches", "gradients", "picked_tags"})
            # One thread: at most the wall time, but for the clocks' ticks.
            wall = sum(run["seconds"].values())
            self.assertTrue(0 < run["cpu_seconds"] < wall + 0.1, (run["cpu_seconds"], wall))
            self.assertEqual(set(run["flops"]), FLOPS)
            self.assertEqual(set(run["seconds"]), STAGES)
            self.assertTrue(all(value >= 0 for value in run["seconds"].values()))
            for evaluation in run["evaluations"]:
                self.assertEqual(set(evaluation), {"step", "r_at_1", "r_at_10", "flops", "cpu_seconds"})
                self.assertTrue(0 <= evaluation["r_at_1"] <= evaluation["r_at_10"] <= 1)

    def test_a_target_is_the_median_of_uniform(self):
        ends = [self.runs["uniform", seed]["evaluations"][-1]["r_at_1"] for seed in (1, 2)]
        target = math.floor(statistics.mean(ends) * 1e4) / 1e4
        for run in self.runs.values():
            self.assertIn(f"{target:.4g}", run["steps_to"])

    def test_an_arm_is_told_from_the_others(self):
        told = {arm: (run["kind"], run["role"], run["score"]) for (arm, _), run in self.runs.items()}
        for arm, expected in (("uniform", ("uniform", "baseline", "none")),
                              ("uniform@equal-compute",
                               ("uniform@equal-compute", "equal_compute", "none")),
                              ("joint", ("joint", "contender", "learnability")),
                              ("easy-reference", ("easy-reference", "contender", "easy_reference"))):
            if arm in told:
                self.assertEqual(told[arm], expected)
        self.assertIn("uniform", told)

    def test_the_way_to_uniform_is_of_the_first_evaluation_as_good(self):
        ends = [self.runs["uniform", seed]["evaluations"][-1]["r_at_1"] for seed in (1, 2)]
        target = statistics.mean(ends)
        for run in self.runs.values():
            as_good = [e for e in run["evaluations"] if e["r_at_1"] >= target]
            way = run["to_uniform"]
            self.assertEqual(way["ended"], run["evaluations"][-1]["r_at_1"] >= target)
            if not as_good:
                self.assertEqual((way["steps"], way["flops"], way["all_in"]), (None, None, None))
                continue
            once = run["flops"]["reference_training"] + run["flops"]["pool_embedding"]
            self.assertEqual((way["steps"], way["flops"]), (as_good[0]["step"], as_good[0]["flops"]))
            self.assertAlmostEqual(way["all_in"], way["flops"] + once, delta=1e-6 * way["all_in"])
            seconds = run["cpu_seconds_once"]["reference_training"] + run["cpu_seconds_once"]["pool_embedding"]
            self.assertEqual(way["cpu_seconds"], as_good[0]["cpu_seconds"])
            self.assertAlmostEqual(way["all_in_cpu_seconds"], way["cpu_seconds"] + seconds, places=6)
            self.assertLessEqual(way["flops"], sum(run["flops"].values()) * (1 + 1e-9))

    def test_command_version_and_data_are_told(self):
        self.assertTrue(self.summary["command"].startswith("jest-train pairs --curated"))
        version = execute("--version").stdout.decode().strip()
        self.assertEqual(self.summary["version"], version)
        data = self.summary["data"]
        self.assertEqual([table["rows"] for table in (data["curated"], data["pool"])],
                         [100, POOL_ROWS])
        self.assertEqual([(table["name"], table["rows"], table["evaluated"])
                          for table in data["eval"]], [("", 60, 60)])
        self.assertAlmostEqual(self.summary["data"]["pool"]["tags"]["target"], 1 / 3)

    def test_evaluations_and_picked_tags_come_at_the_asked_steps(self):
        for (arm, _), run in self.runs.items():
            last = self.steps_of(arm)
            steps = [step for step in range(1, last + 1) if step % 4 == 0 or step == last]
            self.assertEqual(run["steps"], last, arm)
            self.assertEqual([entry["step"] for entry in run["evaluations"]], steps, arm)
            self.assertEqual([entry["step"] for entry in run["picked_tags"]], steps, arm)

    def test_shares_of_tags_sum_to_one(self):
        for (arm, _), run in self.runs.items():
            for entry in run["picked_tags"]:
                shares = {tag: share for tag, share in entry.items() if tag != "step"}
                self.assertAlmostEqual(sum(shares.values()), 1)
                self.assertLessEqual(set(shares), {"target", "other"})
                if arm == "oracle:target":
                    self.assertEqual(shares, {"target": 1})

    def test_steps_to_a_target_is_the_first_evaluation_that_reaches_it(self):
        finals = [run["evaluations"][-1]["r_at_1"] for (arm, _), run in self.runs.items()
                  if arm == "uniform"]
        for run in self.runs.values():
            # A grid, and what uniform reaches in the end.
            self.assertTrue(any(min(finals) - 1e-3 <= float(target) <= max(finals)
                                for target in run["steps_to"]))
            for target, step in run["steps_to"].items():
                reached = [entry["step"] for entry in run["evaluations"]
                           if entry["r_at_1"] >= float(target)]
                self.assertEqual(step, reached[0] if reached else None, target)

    def test_examples_are_counted(self):
        for (arm, _), run in self.runs.items():
            scored = 40 * self.STEPS if arm in ("joint", "independent") else 0
            self.assertEqual(run["examples_scored"], scored, arm)
            self.assertEqual(run["examples_trained"], 8 * self.steps_of(arm), arm)

    def test_costs_follow_the_method(self):
        for seed in (1, 2):
            uniform = self.runs["uniform", seed]["flops"]["learner_training"]
            for arm in ("joint", "independent"):
                flops = self.runs[arm, seed]["flops"]
                self.assertAlmostEqual(run_flops(flops) / uniform, 13 / 3)
                self.assertEqual(flops["learner_training"], uniform)
                self.assertAlmostEqual(flops["learner_scoring"] / uniform, 5 / 3)
            equal = run_flops(self.runs["uniform@equal-compute", seed]["flops"])
            joint = run_flops(self.runs["joint", seed]["flops"])
            self.assertTrue(joint - uniform / self.STEPS < equal <= joint)

    def test_the_reference_is_paid_by_those_who_use_it(self):
        flops = self.summary["reference"]["flops"]
        # Nine digits: a count is not rounded on its way through a file.
        self.assertAlmostEqual(
            flops / (3 * self.forward_flops() * 8 * self.REFERENCE_STEPS), 1, places=9)
        for (arm, _), run in self.runs.items():
            pays = arm in ("joint", "independent")
            self.assertEqual(run["flops"]["reference_training"], flops if pays else 0)
            self.assertEqual(run["flops"]["pool_embedding"], 0)

    def test_seeds_differ(self):
        self.assertNotEqual(metrics_of(os.path.join(self.out, "joint-seed1")),
                            metrics_of(os.path.join(self.out, "joint-seed2")))
        self.assertFalse(tensors(self.out, "joint-seed1", "model.safetensors") ==
                         tensors(self.out, "joint-seed2", "model.safetensors"))

    def test_training_learns(self):
        for (arm, _), run in self.runs.items():
            losses = [line["loss"] for line in metrics_of(os.path.join(self.out, folder_of(run)))
                      if line["event"] == "step"]
            self.assertEqual(len(losses), self.steps_of(arm))
            self.assertLess(statistics.mean(losses[-3:]), losses[0])

    def test_every_run_leaves_its_files(self):
        self.assertLessEqual({"run.json", "summary.json", "reference.safetensors"}, self.files)
        for run in self.summary["runs"]:
            self.assertLessEqual(
                {f"{folder_of(run)}/metrics.jsonl", f"{folder_of(run)}/model.safetensors"},
                self.files)
        self.assertEqual([name for name in self.files if ".tmp-" in name or "checkpoint" in name],
                         [])

    def test_a_finished_folder_stays_as_it_is(self):
        models = times_in(self.out, [name for name in self.files
                                     if name.endswith(("model.safetensors", "metrics.jsonl"))])
        start = time.monotonic()
        finished(pairs(self.out, self.given | {"resume": True}))
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(models, times_in(self.out, models))
        again = summary_of(self.out)
        self.assertEqual(again["runs"], self.summary["runs"])
        self.assertEqual(again["reference"], self.summary["reference"])

    def test_only_the_same_experiment_may_go_on(self):
        before = times_in(self.out, names_in(self.out))
        other = {"steps": 11, "seeds": "1,3", "arms": "uniform", "count": 7, "chunks": 2,
                 "learning-rate": 0.001, "reference-steps": 2, "interaction": "1@3"}
        for option, value in other.items():
            with self.subTest(option):
                done = pairs(self.out, self.given | {option: value, "resume": True})
                self.refused(done, option.replace("-", "_"))
        with self.subTest("other data"):
            done = pairs(self.out, self.given | {"pool": path("curated.tsv"), "resume": True})
            self.refused(done, "pool")
        with self.subTest("a given reference"):
            given = {"reference": os.path.join(self.out, "reference.safetensors"), "resume": True}
            self.refused(pairs(self.out, self.given | given), "reference")
        with self.subTest("no --resume"):
            self.refused(pairs(self.out, self.given), "--resume")
        self.assertEqual(before, times_in(self.out, names_in(self.out)))

    def test_report_needs_nothing_from_elsewhere(self):
        done = finished(execute("report", self.out))
        report = os.path.join(self.out, "report.html")
        self.assertEqual(done.stdout.decode(), report + "\n")
        page = read(report).decode()
        for arm in ARMS:
            self.assertIn(arm, page)
        # The SVG namespace is a name; nobody fetches it.
        page = page.replace("http://www.w3.org/2000/svg", "")
        for loads in ("<script src", "<link", "<img", "@import", "url(http", 'src="http'):
            self.assertNotIn(loads, page)
        self.assertNotRegex(page, r"""(?:src|href|data|action)\s*=\s*["']?(?:https?:)?//""")


class Command(FolderCase):
    def test_it_can_be_pasted_into_a_shell(self):
        out = os.path.join(self.out, "it's a run; $HOME")
        given = SHORTEST | {"arms": "uniform", "seeds": 2**64 - 1}  # the largest there is
        finished(pairs(out, given))
        command = summary_of(out)["command"]
        self.assertEqual(shlex.split(command), ["jest-train", *pairs_arguments(out, given)])
        finished(execute("report", out))
        quoted = "'" + out.replace("'", "'\\''") + "'"
        self.assertIn(f"--out {quoted} ", command + " ")
        page = html.unescape(read(out, "report.html").decode())
        self.assertIn(f"<span>{quoted}</span>", page)


class EvaluatedRows(FolderCase):
    @classmethod
    def setUpClass(cls):
        write_tables()

    def evaluated(self, task, given):
        finished(train(task, self.out, {"arms": "uniform", "steps": 1} | given))
        summary = summary_of(self.out)
        tables = summary["data"]["eval"]
        self.assertEqual({table["rows"] for table in tables}, {40})
        return [table["evaluated"] for table in tables], summary["runs"][0]["evaluations"][-1]

    def test_names_of_images(self):
        evaluated, values = self.evaluated("images", {"eval-rows": 5})
        self.assertEqual(evaluated, [5, 5])
        for name in ("r_at_1_seen", "r_at_1_unseen"):
            of_both_directions = 2 * 5 * values[name]
            self.assertAlmostEqual(of_both_directions, round(of_both_directions))
        finished(execute("report", self.out))
        self.assertIn("<td>5 of 40</td>", read(self.out, "report.html").decode())

    def test_all_names_are_fewer_than_all_rows(self):
        evaluated, _ = self.evaluated("images", {"eval-rows": 0})
        for names in evaluated:
            self.assertTrue(2 <= names <= 16, names)

    def test_rows_of_text(self):
        self.assertEqual(self.evaluated("text", {"eval-rows": 7})[0], [7, 7])

    def test_more_rows_than_there_are(self):
        self.assertEqual(self.evaluated("text", {})[0], [40, 40])

    def test_labels_use_all(self):
        self.assertEqual(self.evaluated("labels", {})[0], [40])


if __name__ == "__main__":
    main()
