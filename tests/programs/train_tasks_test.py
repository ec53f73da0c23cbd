#!/usr/bin/env python3
"""jest-train text and images: results, costs, views, resuming. Usage: train_tasks_test.py JEST_TRAIN"""

import json
import os
import signal
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
from train_cases import (FolderCase, execute, finished, main, metrics_of, read, summary_of, tensors,
                         write)
from train_tasks import (LENGTH, SMALL, file_of, safetensors, start, train, write_tables)

MEASURES = {"text": ["bits_per_byte", "bits_per_byte_near", "bits_per_byte_far"],
            "images": ["r_at_1", "r_at_1_seen", "r_at_1_unseen"]}
ARMS = {"text": "uniform,independent,cascade,hard-learner,oracle:target,aligned,aligned-learnability",
        "images": "uniform,joint,flexi,cascade,oracle:target+other"}


class TaskCase(FolderCase):
    """A test for each task is a method that takes one."""

    def run_for_tasks(self, test):
        for task in ("text", "images"):
            with self.subTest(task):
                self.out = train_cases.path("out-" + task)
                self.addCleanup(train_cases.shutil.rmtree, self.out, ignore_errors=True)
                test(task)

    def summary(self, task, **given):
        finished(train(task, self.out, given))
        return summary_of(self.out)


class Results(TaskCase):
    def test_summary(self):
        self.run_for_tasks(self.summary_of_task)

    def summary_of_task(self, task):
        summary = self.summary(task, arms=ARMS[task])
        self.assertEqual(summary["task"], task)
        self.assertEqual([measure["name"] for measure in summary["measures"]], MEASURES[task])
        self.assertEqual(summary["measures"][0]["higher_is_better"], task == "images")
        self.assertEqual([table["rows"] for table in summary["data"]["eval"]], [40, 40])
        self.assertEqual([run["arm"] for run in summary["runs"]], ARMS[task].split(","))
        for run in summary["runs"]:
            for evaluation in run["evaluations"]:
                mean, one, other = (evaluation[name] for name in MEASURES[task])
                self.assertAlmostEqual(mean, (one + other) / 2)
            if run["arm"].startswith("oracle:target"):
                tags = {tag for entry in run["picked_tags"] for tag in entry} - {"step"}
                self.assertEqual(tags, {"target", "other"} if "+" in run["arm"] else {"target"})
        finished(execute("report", self.out))

    def test_bfloat16(self):
        self.run_for_tasks(self.bfloat16_of_task)

    def bfloat16_of_task(self, task):
        arm = "aligned" if task == "text" else "joint"
        whole = self.summary(task, arms=arm)
        model = f"{arm}-seed3", "model.safetensors"
        of_whole = tensors(self.out, *model)
        train_cases.shutil.rmtree(self.out)
        cast = self.summary(task, arms=arm, precision="bfloat16")
        self.assertFalse(of_whole == tensors(self.out, *model), "the same bits in both precisions")
        self.assertEqual([one["precision"] for one in (whole, cast)], ["float32", "bfloat16"])
        name = MEASURES[task][0]
        ends = [one["runs"][0]["evaluations"][-1][name] for one in (whole, cast)]
        self.assertAlmostEqual(*ends, delta=0.2)
        identity = json.loads(read(os.path.join(self.out, "run.json")))
        self.assertEqual((identity["device"], identity["precision"]), ("cpu", "bfloat16"))

    def test_samples_show_examples(self):
        self.run_for_tasks(self.samples_of_task)

    def samples(self):
        return [line for line in metrics_of(os.path.join(self.out, "independent-seed3"))
                if line["event"] == "samples"]

    def test_samples_are_of_steps_that_select(self):
        for given, steps in (({"select-every": 4}, [1, 9]), ({"select-start": 3}, [4, 10]),
                             ({"select-end": 5}, [1, 5])):
            with self.subTest(given):
                self.summary("labels", arms="independent", steps=10, **given)
                self.assertEqual([line["step"] for line in self.samples()], steps)
                train_cases.shutil.rmtree(self.out)

    def samples_of_task(self, task):
        self.summary(task, arms="independent")
        lines = self.samples()
        self.assertEqual(len(lines), 2)
        for row in lines[0]["picked"] + lines[0]["passed_over"]:
            if task == "text":
                if row["tag"] == "target":
                    self.assertEqual(len(row["text"]), LENGTH)
            else:
                self.assertTrue(row["image"].startswith("data:image/bmp;base64,"))
                self.assertIn("BLOCK ROW", row["y"])

    def test_gradients_are_recorded_before_every_evaluation(self):
        self.run_for_tasks(self.gradients_of_task)

    def gradients_of_task(self, task):
        plain = self.summary(task, arms="independent", steps=5)["runs"][0]
        model = read(self.out, "independent-seed3", "model.safetensors")
        train_cases.shutil.rmtree(self.out)
        run = self.summary(task, arms="independent", steps=5, gradients=True)["runs"][0]
        self.assertEqual(plain["gradients"], [])
        self.assertEqual(model, read(self.out, "independent-seed3", "model.safetensors"))
        self.assertEqual([look["step"] for look in run["gradients"]], [2, 4, 5])
        for look in run["gradients"]:
            self.assertGreater(look["gradient_norm"], 0)
            self.assertLessEqual(abs(look["gradient_cosine"]), 1)
            self.assertEqual("negatives_share" in look, task == "images")

    def test_gradients_of_batches_of_two_resolutions_are_recorded(self):
        for look in self.summary("images", arms="flexi", gradients=True)["runs"][0]["gradients"]:
            self.assertTrue(0 < look["negatives_share"] < 1)

    def test_training_learns(self):
        self.run_for_tasks(self.learns)

    def learns(self, task):
        summary = self.summary(task, arms="uniform", steps=120, **{"learning-rate": 0.01})
        first, *_, last = summary["runs"][0]["evaluations"]
        name = MEASURES[task][0]
        if task == "text":
            self.assertLess(last[name], first[name] - 0.3)
        else:
            self.assertGreater(last[name], first[name] + 0.4)


class Costs(TaskCase):
    def test_a_prefix_is_paid_by_its_length(self):
        summary = self.summary("text", arms="uniform,independent,independent:score-prefix=6",
                               **{"cache-reference": True})
        uniform, whole, prefix = (run["flops"] for run in summary["runs"])
        self.assertAlmostEqual(whole["learner_scoring"] / uniform["learner_training"], 5 / 3)
        self.assertAlmostEqual(prefix["learner_scoring"] / whole["learner_scoring"], 6 / LENGTH)
        self.assertAlmostEqual(prefix["pool_embedding"] / whole["pool_embedding"], 6 / LENGTH)
        self.assertEqual(prefix["learner_training"], whole["learner_training"])
        for name in ("reference_losses", "reference_losses_6"):
            self.assertTrue(os.path.exists(os.path.join(self.out, name + ".safetensors")))

    def test_flexi_follows_the_method(self):
        summary = self.summary("images", arms="uniform,joint,flexi,flexi:half-resolution=0.25",
                               **{"cache-reference": True})
        uniform, joint, *both = (run["flops"] for run in summary["runs"])
        approximate = both[0]["learner_scoring"] / joint["learner_scoring"]
        self.assertLess(approximate, 0.9)
        # method.md 5: 3F(1 - q + qA) + A F B/b of 3F, at B/b = 5.
        for flexi, q in zip(both, (0.5, 0.25), strict=True):
            expected = 1 - q + q * approximate + approximate * 5 / 3
            ran = flexi["learner_training"] + flexi["learner_scoring"] + flexi["reference_scoring"]
            self.assertAlmostEqual(ran / uniform["learner_training"], expected)

    def test_arms_may_differ_in_their_batch(self):
        def trained(task):
            large, small = self.summary(task, arms="uniform,independent:count=4")["runs"]
            self.assertEqual(small["examples_trained"] * large["flops"]["learner_training"],
                             large["examples_trained"] * small["flops"]["learner_training"])
            self.assertEqual(small["examples_trained"], 4 * small["steps"])
            self.assertGreater(large["examples_trained"], small["examples_trained"])
        self.run_for_tasks(trained)

    def test_a_cascade_shows_the_learner_the_kept_alone(self):
        self.run_for_tasks(lambda task: self.assertEqual(
            self.summary(task, arms="cascade")["runs"][0]["examples_scored"], 16 * 4))


    def test_alignment_pays_for_curated_batches_and_for_no_reference(self):
        arms = "uniform,aligned,aligned-learnability"
        uniform, aligned, both = self.summary("text", arms=arms, steps=20)["runs"]
        self.assertEqual(aligned["examples_scored"], 20 * 40 + 2 * 8)  # a refresh every ten steps
        self.assertEqual(aligned["flops"]["reference_training"], 0)
        self.assertGreater(both["flops"]["reference_training"], 0)
        forward = uniform["flops"]["learner_training"] / (3 * uniform["examples_trained"])
        self.assertGreater(aligned["flops"]["learner_scoring"] / (forward * (20 * 40 + 2 * 8)), 1)


    def test_micro_batches_change_nothing_but_rounding_and_a_forward_pass(self):
        for task, forwards in (("images", 4), ("text", 3)):
            with self.subTest(task):
                self.out = train_cases.path("out-" + task)
                arms = {"images": "uniform,joint", "text": "uniform,independent"}[task]
                whole = self.summary(task, arms=arms)["runs"]
                train_cases.shutil.rmtree(self.out)
                parts = self.summary(task, arms=arms, **{"micro-batch": 3})["runs"]
                train_cases.shutil.rmtree(self.out)
                for one, other in zip(whole, parts, strict=True):
                    self.assertAlmostEqual(one["evaluations"][-1][MEASURES[task][0]],
                                           other["evaluations"][-1][MEASURES[task][0]], places=2)
                    self.assertAlmostEqual(other["flops"]["learner_training"],
                                           one["flops"]["learner_training"] * forwards / 3)


class Alignment(TaskCase):
    def test_batches_say_how_much_they_repeat(self):
        summary = self.summary("text", arms="uniform,aligned", steps=6)
        for run in summary["runs"]:
            arm = run["arm"]
            lines = [line for line in metrics_of(os.path.join(self.out, arm + "-seed3"))
                     if line["event"] == "batch"]
            self.assertEqual([line["step"] for line in lines], list(range(1, 7)))
            shares = [line["near_duplicates"] for line in lines]
            self.assertTrue(all(0 <= share <= 1 for share in shares))
            self.assertAlmostEqual(run["batches"]["near_duplicates"], sum(shares) / 6)

    def test_its_options_matter(self):
        arms = ["aligned:gain=3000"] + ["aligned:gain=3000:" + option for option in
                                        ("interaction=0", "step-size=0.5", "refresh-every=1")]
        arms += ["aligned-learnability:gain=3000",
                 "aligned-learnability:gain=3000:learnability-weight=0.1"]
        self.summary("text", arms=",".join(arms), steps=6)
        models = {read(self.out, arm + "-seed3", "model.safetensors") for arm in arms}
        self.assertEqual(len(models), len(arms))


class Views(TaskCase):
    def test_another_prefix_makes_other_picks(self):
        arms = ["independent", "independent:score-prefix=1"]
        self.summary("text", arms=",".join(arms), gain=1000)
        self.assertNotEqual(*(tensors(self.out, arm + "-seed3", "model.safetensors") for arm in arms))

    def test_a_whole_prefix_is_everything(self):
        arms = ["independent", f"independent:score-prefix={LENGTH}"]
        self.summary("text", arms=",".join(arms))
        self.assertEqual(*(metrics_of(os.path.join(self.out, arm + "-seed3")) for arm in arms))

    def test_a_decoder_trains(self):
        summary = self.summary("text", arms="uniform,independent", model="decoder", heads=2)
        self.assertEqual(len(summary["runs"]), 2)


class Resumed(TaskCase):
    def test_killed_runs_end_like_undisturbed_ones(self):
        self.run_for_tasks(self.killed)

    def killed(self, task):
        given = {"arms": "independent,cascade," + ("flexi" if task == "images" else "aligned"),
                 "steps": 12}
        undisturbed = self.out + "-undisturbed"
        self.addCleanup(train_cases.shutil.rmtree, undisturbed, ignore_errors=True)
        finished(train(task, undisturbed, given))
        runs = ["reference", "independent-seed3", "cascade-seed3",
                "flexi-seed3" if task == "images" else "aligned-seed3"]
        for run in runs:
            self.kill_after(task, given, os.path.join(self.out, run, "checkpoints"))
        finished(train(task, self.out, given | {"resume": True}))
        self.assert_same_result(self.out, undisturbed)

    def kill_after(self, task, given, folder):
        """Once the first checkpoint is there, or a later one."""
        def reached():
            return os.path.isdir(folder) and any(name.startswith("step-")
                                                 for name in os.listdir(folder))

        with start(task, self.out, given | {"resume": True}) as process:
            while process.poll() is None and not reached():
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        self.assertEqual(process.returncode, -signal.SIGKILL, folder)


class Refusals(TaskCase):
    def expect(self, task, given, *mentions):
        self.refused(train(task, self.out, given), *mentions)
        self.assertFalse(os.path.exists(self.out))

    def test_arms_and_options_of_another_task(self):
        self.expect("text", {"arms": "flexi"}, "--arms", "flexi")
        self.expect("images", {"arms": "aligned"}, "--arms", "aligned")
        self.expect("images", {"arms": "independent:score-prefix=3"}, "score-prefix")
        for tags in ("target+typo", "target+", "typo"):
            self.expect("text", {"arms": "oracle:" + tags}, "oracle:" + tags)
        self.expect("images", {"arms": "joint:half-resolution=0.3"}, "half-resolution")
        self.expect("images", {"arms": "flexi:half-resolution=1.1"}, "--half-resolution", "1.1")
        self.expect("text", {"backend": "eigen"}, "--backend")
        self.expect("images", {"eval-rows": 1}, "--eval-rows")
        self.expect("images", {"score-prefix": 3}, "score-prefix")

    def test_numbers(self):
        for given in ({"model": "rnn"}, {"hidden": 0}, {"score-prefix": -1},
                      {"score-prefix": LENGTH + 1, "arms": "independent"}, {"eval-rows": -1},
                      {"model": "decoder", "hidden": 6, "heads": 4},
                      {"model": "decoder", "hidden": 8, "heads": 2**63 - 1}):
            with self.subTest(given):
                self.expect("text", given, "hidden" if "hidden" in given else list(given)[0])
        for given in ({"channels": 0}, {"bias": "nan"}):
            with self.subTest(given):
                self.expect("images", given, *given)

    def test_files(self):
        bad = train_cases.path("bad.safetensors")
        for content in (b"", safetensors({"ids": ("I64", [1], bytes(8))})):
            write(content, bad)
            self.expect("text", {"pool": bad}, "bad.safetensors")
            self.expect("images", {"pool": bad}, "bad.safetensors")
        self.expect("text", {"pool": file_of("images", "pool")}, "bytes")
        self.expect("images", {"eval": [file_of("images", "eval-seen")] * 2}, "--eval")
        short = safetensors({"bytes": ("U8", [2, 3], bytes(6)), "ids": ("I64", [2], bytes(15) + b"\1")})
        write(short, bad)
        self.expect("text", {"eval": bad}, "--eval", "3")


if __name__ == "__main__":
    prepare = train_cases.prepare
    train_cases.prepare = lambda: (prepare(), write_tables())
    main()
