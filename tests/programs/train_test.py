#!/usr/bin/env python3
"""jest-train: results, costs, interruptions, refusals. Usage: train_test.py JEST_TRAIN"""

import json
import os
import random
import resource
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = None
WORK = None  # a folder of this process, gone at the end

POOL_ROWS = 300
ARMS = ("uniform", "joint", "independent", "oracle:target", "uniform@equal-compute")
STAGES = {"load", "learner_scoring", "reference_scoring", "selection", "gather", "train",
          "evaluate"}
FLOPS = {"learner_training", "learner_scoring", "reference_scoring", "reference_training",
         "pool_embedding"}
# f = 0.8: five candidates for each pair trained on.
SIZES = {"count": 8, "super-batch": 40, "chunks": 4, "threads": 1}
TINY = dict(SIZES, arms="joint", seeds=3, steps=4) | {
    "reference-steps": 3, "eval-every": 2, "checkpoint-every": 2}
STRAY = "00000019"  # no checkpoint of a run is of this step
# A checkpoint takes about 100 MB, a model 34 MB.
TOO_SMALL_FOR_A_CHECKPOINT = 60 << 20


def path(name):
    return os.path.join(WORK, name)


def words(given):
    return [word for name, value in given.items()
            for word in (["--" + name] if value is True else ["--" + name, str(value)])
            if value is not None]


def tables(**changes):
    return {"curated": path("curated.tsv"), "pool": path("pool.tsv"), "eval": path("eval.tsv"),
            **changes}


def pairs_command(out, given):
    return [PROGRAM, "pairs"] + words(tables(out=out) | given)


def execute(command, **more):
    settings = {"capture_output": True, "timeout": 100, "check": False} | more
    return subprocess.run(command, **settings)


def pairs(out, given, **more):
    return execute(pairs_command(out, given), **more)


def made_up_words(generator, count):
    return ["".join(generator.choice("bdfgklmnoprsaeiu") for _ in range(6)) for _ in range(count)]


def write_table(name, first_id, tags, rows):
    """x is a sentence in one made-up language, y its translation into another."""
    generator = random.Random(17)
    vocabulary = list(zip(made_up_words(generator, 60), made_up_words(generator, 60)))
    generator.seed(name)
    with open(path(name), "w", encoding="utf-8") as file:
        file.write("id\tx\ty\ttag\n")
        for row in range(rows):
            sentence = generator.choices(vocabulary, k=generator.randint(2, 6))
            x, y = (" ".join(side) for side in zip(*sentence))
            file.write(f"{first_id + row}\t{x}\t{y}\t{tags[row % len(tags)]}\n")


def write_safetensors(name, metadata):
    header = json.dumps({"__metadata__": metadata}).encode()
    with open(path(name), "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
    return path(name)


def read(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def tensors(*parts):
    """(layout, bytes) of a safetensors file, without its metadata."""
    content = read(*parts)
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    header.pop("__metadata__", None)
    return header, content[end:]


def summary_of(out):
    return json.loads(read(out, "summary.json"))


def metrics_of(folder):
    """All lines of metrics.jsonl, without what a clock measured."""
    lines = [json.loads(line) for line in read(folder, "metrics.jsonl").splitlines()]
    for line in lines:
        line.pop("seconds", None)
        line.pop("selection_share", None)
    return lines


def content_of(folder):
    """Every file below a folder, by relative name."""
    return {name: read(folder, name) for name in names_in(folder)}


def names_in(folder):
    return {os.path.relpath(os.path.join(where, name), folder)
            for where, _, names in os.walk(folder) for name in names}


def times_in(folder, names):
    return {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in names}


def folder_of(run):
    return f"{run['arm']}-seed{run['seed']}"


def without_seconds(run):
    return {key: value for key, value in run.items() if key != "seconds"}


def setUpModule():
    global WORK
    WORK = tempfile.mkdtemp(prefix="jest-train-test-")
    write_table("curated.tsv", 0, ["target"], 100)
    write_table("pool.tsv", 1000, ["target", "other", "other"], POOL_ROWS)
    write_table("eval.tsv", 5000, ["target"], 60)


def tearDownModule():
    shutil.rmtree(WORK)


class Case(unittest.TestCase):
    def finish(self, out, given, **more):
        done = pairs(out, given, **more)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done

    def error_line(self, done):
        """The program's own line; above it there may be lines of progress."""
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        errors = [line for line in done.stderr.decode().splitlines()
                  if line.startswith("jest-train: ")]
        self.assertEqual(len(errors), 1, done.stderr.decode())
        self.assertTrue(done.stderr.decode().endswith(errors[0] + "\n"))
        return errors[0]

    def refused(self, done, *mentions):
        line = self.error_line(done)
        self.assertEqual(done.stderr.decode(), line + "\n")
        self.assertEqual(done.stdout, b"")
        self.assertLess(len(line), 500)
        for mention in mentions:
            self.assertIn(mention, line)

    def assert_same_result(self, out, expected):
        runs, expected_runs = summary_of(out)["runs"], summary_of(expected)["runs"]
        self.assertEqual([without_seconds(run) for run in runs],
                         [without_seconds(run) for run in expected_runs])
        self.assertTrue(tensors(out, "reference.safetensors") ==
                        tensors(expected, "reference.safetensors"), "reference.safetensors")
        self.assert_same_metrics(out, expected, "reference")
        for run in runs:
            folder = folder_of(run)
            self.assertTrue(tensors(out, folder, "model.safetensors") ==
                            tensors(expected, folder, "model.safetensors"), folder)
            self.assert_same_metrics(out, expected, folder)

    def assert_same_metrics(self, out, expected, folder):
        lines = metrics_of(os.path.join(out, folder))
        expected_lines = metrics_of(os.path.join(expected, folder))
        self.assertEqual([(line["event"], line["step"]) for line in lines],
                         [(line["event"], line["step"]) for line in expected_lines], folder)
        self.assertEqual(lines, expected_lines)


class Results(Case):
    STEPS = 10
    REFERENCE_STEPS = 12

    @classmethod
    def setUpClass(cls):
        cls.out = path("results")
        cls.given = SIZES | {"arms": ",".join(ARMS), "seeds": "1,2", "steps": cls.STEPS,
                             "reference-steps": cls.REFERENCE_STEPS, "eval-every": 4}
        cls.done = pairs(cls.out, cls.given)
        if cls.done.returncode != 0:
            raise AssertionError(cls.done.stderr.decode())
        cls.summary = summary_of(cls.out)
        cls.runs = {(run["arm"], run["seed"]): run for run in cls.summary["runs"]}
        cls.files = names_in(cls.out)
        for run in cls.summary["runs"]:
            shutil.rmtree(os.path.join(cls.out, folder_of(run), "checkpoints"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.out)

    def steps_of(self, arm):
        # method.md: joint with a live reference costs (3 + 2 B/b) / 3 = 13/3 of uniform.
        return self.STEPS * 13 // 3 if arm == "uniform@equal-compute" else self.STEPS

    def forward_flops(self):
        run = self.runs["uniform", 1]
        return run["flops"]["learner_training"] / (3 * run["examples_trained"])

    def test_summary_has_the_documented_fields(self):
        self.assertEqual(set(self.summary), {"command", "version", "data", "reference", "runs"})
        self.assertEqual(set(self.summary["reference"]), {"r_at_1", "r_at_10", "flops", "seconds"})
        self.assertEqual(list(self.runs), [(arm, seed) for seed in (1, 2) for arm in ARMS])
        for run in self.runs.values():
            self.assertEqual(set(run), {"arm", "seed", "steps", "evaluations", "steps_to",
                                        "examples_scored", "examples_trained", "flops", "seconds",
                                        "picked_tags"})
            self.assertEqual(set(run["flops"]), FLOPS)
            self.assertEqual(set(run["seconds"]), STAGES)
            self.assertTrue(all(value >= 0 for value in run["seconds"].values()))
            for evaluation in run["evaluations"]:
                self.assertEqual(set(evaluation), {"step", "r_at_1", "r_at_10"})
                self.assertTrue(0 <= evaluation["r_at_1"] <= evaluation["r_at_10"] <= 1)

    def test_command_version_and_data_are_told(self):
        self.assertTrue(self.summary["command"].startswith("jest-train pairs --curated"))
        version = execute([PROGRAM, "--version"]).stdout.decode().strip()
        self.assertEqual(self.summary["version"], version)
        rows = {name: self.summary["data"][name]["rows"] for name in ("curated", "pool", "eval")}
        self.assertEqual(rows, {"curated": 100, "pool": POOL_ROWS, "eval": 60})
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
            checkpoint = f"{folder_of(run)}/checkpoints/step-{run['steps']:08}/"
            self.assertLessEqual(
                {f"{folder_of(run)}/metrics.jsonl", f"{folder_of(run)}/model.safetensors",
                 checkpoint + "complete", checkpoint + "state.json",
                 checkpoint + "tensors.safetensors"}, self.files)
        self.assertEqual([name for name in self.files if ".tmp-" in name], [])

    def test_a_finished_folder_stays_as_it_is(self):
        models = times_in(self.out, [name for name in self.files
                                     if name.endswith(("model.safetensors", "metrics.jsonl"))])
        start = time.monotonic()
        self.finish(self.out, self.given | {"resume": True})
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
        done = execute([PROGRAM, "report", self.out])
        self.assertEqual(done.returncode, 0, done.stderr.decode())
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


def run_flops(flops):
    return sum(flops[part] for part in ("learner_training", "learner_scoring",
                                        "reference_scoring"))


class CachedReference(Case):
    def test_costs_follow_the_method(self):
        out = path("cached")
        self.addCleanup(shutil.rmtree, out)
        self.finish(out, TINY | {"arms": "uniform,joint,uniform@equal-compute", "steps": 3,
                                 "cache-reference": True})
        uniform, joint, equal = summary_of(out)["runs"]
        training = uniform["flops"]["learner_training"]
        self.assertAlmostEqual(run_flops(joint["flops"]) / training, 8 / 3)
        self.assertEqual(joint["flops"]["reference_scoring"], 0)
        self.assertEqual(equal["steps"], 8)
        self.assertEqual(equal["examples_trained"], 8 * 8)
        self.assertEqual(joint["examples_scored"], 3 * 40)
        forward = training / (3 * uniform["examples_trained"])
        self.assertAlmostEqual(joint["flops"]["pool_embedding"] / (POOL_ROWS * forward), 1)
        self.assertEqual(uniform["flops"]["pool_embedding"], 0)


class EqualCompute(Case):
    def test_a_whole_number_of_steps_is_not_rounded_down(self):
        # Three steps of (3 + 2 B/b) / 3 are 11 exactly at B = 4 b, whatever a forward pass costs.
        # These sizes are such that floating-point sums of FLOPs say a little less.
        out = path("equal")
        self.addCleanup(shutil.rmtree, out)
        self.finish(out, TINY | {"arms": "uniform@equal-compute", "count": 11, "super-batch": 44,
                                 "steps": 3, "reference-steps": 1})
        self.assertEqual(summary_of(out)["runs"][0]["steps"], 11)


class Oddities(Case):
    def setUp(self):
        self.out = path("odd")
        self.addCleanup(shutil.rmtree, self.out, ignore_errors=True)

    def test_a_learner_that_diverged_finds_nothing(self):
        done = pairs(self.out, TINY | {"arms": "uniform", "learning-rate": 1e30})
        if done.returncode != 0:
            self.error_line(done)
            return
        summary = summary_of(self.out)
        self.assertLess(summary["reference"]["r_at_1"], 0.5)
        self.assertLess(summary["runs"][0]["evaluations"][-1]["r_at_1"], 0.5)

    def test_tags_are_names_of_nothing_else(self):
        tags = ["step", "/../../escaped"]
        write_table("odd.tsv", 1000, tags, POOL_ROWS)
        self.addCleanup(shutil.rmtree, path("escaped-seed3"), ignore_errors=True)
        done = pairs(self.out, TINY | {"arms": "uniform,oracle:" + tags[1], "steps": 1,
                                       "reference-steps": 1, "pool": path("odd.tsv")})
        self.assertFalse(os.path.exists(path("escaped-seed3")), "written outside of --out")
        if done.returncode != 0:
            self.error_line(done)
            return
        self.assertEqual(summary_of(self.out)["runs"][0]["picked_tags"][0]["step"], 1)


class Interrupted(Case):
    """Killed and resumed runs end like undisturbed ones. Checkpoints and evaluations interleave."""

    GIVEN = SIZES | {"arms": "uniform,joint", "seeds": 1, "steps": 20, "reference-steps": 8,
                     "eval-every": 4, "checkpoint-every": 3}

    @classmethod
    def setUpClass(cls):
        cls.undisturbed = path("undisturbed")
        done = pairs(cls.undisturbed, cls.GIVEN)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.undisturbed)

    def setUp(self):
        self.out = path("interrupted")
        self.addCleanup(shutil.rmtree, self.out, ignore_errors=True)

    def kill_when(self, ready, given):
        """Kills the program as soon as ready() holds; says whether it was still running."""
        with subprocess.Popen(pairs_command(self.out, given),
                              stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not ready():
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        return process.returncode == -signal.SIGKILL

    def checkpoints(self, run):
        return os.path.join(self.out, run, "checkpoints")

    def reached(self, run, name):
        """Whether a checkpoint of this name was begun, or completed, or a later one was."""
        prefix, _, step = name.rpartition("-")
        try:
            begun = [entry.rpartition("-") for entry in os.listdir(self.checkpoints(run))]
        except FileNotFoundError:
            return False
        return any(entry_step >= step and entry_step != STRAY and
                   prefix in ("writing-step", entry_prefix)
                   for entry_prefix, _, entry_step in begun)

    def add_strays(self, run):
        """What a crash at the wrong moment, or a copy cut short, may leave."""
        for name in ("writing-step-", "step-"):
            folder = os.path.join(self.checkpoints(run), name + STRAY)
            os.makedirs(folder)
            for file in ("tensors.safetensors", "state.json"):
                with open(os.path.join(folder, file), "wb") as stray:
                    stray.write(b"half of a ")

    def test_killed_at_chosen_moments(self):
        moments = [
            ("reference", "step-00000003"), ("uniform-seed1", "writing-step-00000003"),
            ("uniform-seed1", "step-00000009"), ("joint-seed1", "step-00000006"),
            # The metrics are ahead of the newest checkpoint here.
            ("joint-seed1", "writing-step-00000020")]
        for run, name in moments:
            killed = self.kill_when(lambda: self.reached(run, name), self.GIVEN | {"resume": True})
            self.assertTrue(killed, (run, name))
            if name in ("step-00000009", "step-00000006"):
                self.add_strays(run)
        self.finish(self.out, self.GIVEN | {"resume": True})
        self.assert_same_result(self.out, self.undisturbed)
        left = [name for name in names_in(self.out) if ".tmp-" in name or "writing-" in name]
        self.assertEqual(left, [])

    def test_killed_at_random_moments(self):
        generator = random.Random(23)
        for _ in range(3):
            end = time.monotonic() + generator.uniform(0.3, 2.5)
            self.kill_when(lambda: time.monotonic() > end, self.GIVEN | {"resume": True})
        self.finish(self.out, self.GIVEN | {"resume": True})
        self.assert_same_result(self.out, self.undisturbed)


class TinyRuns(Case):
    @classmethod
    def setUpClass(cls):
        cls.undisturbed = path("tiny")
        done = pairs(cls.undisturbed, TINY)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.undisturbed)

    def setUp(self):
        self.out = path("out")
        self.addCleanup(shutil.rmtree, self.out, ignore_errors=True)

    def test_resume_in_an_empty_folder_starts_afresh_and_a_seed_repeats(self):
        os.mkdir(self.out)
        self.finish(self.out, TINY | {"resume": True})
        self.assert_same_result(self.out, self.undisturbed)

    def test_resume_where_only_the_claim_was_begun_starts_afresh(self):
        os.mkdir(self.out)
        with open(os.path.join(self.out, "run.json.tmp-123-0"), "w", encoding="utf-8") as file:
            file.write("{")
        self.finish(self.out, TINY | {"resume": True, "steps": 1, "reference-steps": 1})

    def test_config_file_says_what_options_say(self):
        # Nothing in the file equals its default.
        numbers = {name: value for name, value in TINY.items() if name not in ("arms", "seeds")}
        with open(path("tiny.toml"), "w", encoding="utf-8") as file:
            for name, value in tables(out=self.out).items():
                file.write(f'{name} = "{value}"\n')
            file.write('arms = ["joint"]\nseeds = [3]\n')
            for name, value in numbers.items():
                file.write(f"{name} = {value}\n")
        done = execute([PROGRAM, "pairs", "--config", path("tiny.toml")])
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assert_same_result(self.out, self.undisturbed)

    def test_options_override_the_config_file(self):
        with open(path("steps.toml"), "w", encoding="utf-8") as file:
            file.write("steps = 9\neval-every = 3\n")
        given = {name: value for name, value in TINY.items() if name != "eval-every"}
        given |= {"steps": 5, "reference-steps": 1, "config": path("steps.toml")}
        self.finish(self.out, given)
        steps = [entry["step"] for entry in summary_of(self.out)["runs"][0]["evaluations"]]
        self.assertEqual(steps, [3, 5])

    def test_a_given_reference_is_used_and_must_be_given_again(self):
        given = TINY | {"reference": os.path.join(self.undisturbed, "reference.safetensors")}
        self.finish(self.out, given)
        self.assertFalse(os.path.exists(os.path.join(self.out, "reference")))
        self.assertTrue(tensors(self.out, "joint-seed3", "model.safetensors") ==
                        tensors(self.undisturbed, "joint-seed3", "model.safetensors"))
        self.refused(pairs(self.out, TINY | {"resume": True}), "reference")

    def test_full_disk(self):
        def small_files(limit):
            def apply():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            return apply

        resumed = TINY | {"resume": True}
        with self.subTest("not even a claim"):
            self.refused(pairs(self.out, resumed, preexec_fn=small_files(0)))
        with self.subTest("no checkpoint"):
            done = pairs(self.out, resumed, preexec_fn=small_files(TOO_SMALL_FOR_A_CHECKPOINT))
            self.assertIn("tensors.safetensors", self.error_line(done))
            self.assertFalse(os.path.exists(os.path.join(self.out, "summary.json")))
        checkpoints = os.path.join(self.out, "joint-seed3", "checkpoints")
        complete = os.path.join(checkpoints, "step-00000002")
        with subprocess.Popen(pairs_command(self.out, resumed),
                              stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not os.path.exists(complete):
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        before = content_of(complete), read(self.out, "reference.safetensors")
        with self.subTest("no second checkpoint"):
            done = pairs(self.out, resumed, preexec_fn=small_files(TOO_SMALL_FOR_A_CHECKPOINT))
            self.assertIn("tensors.safetensors", self.error_line(done))
            self.assertTrue(before == (content_of(complete),
                                       read(self.out, "reference.safetensors")))
            self.assertFalse(os.path.exists(os.path.join(self.out, "summary.json")))
        self.finish(self.out, resumed)
        self.assert_same_result(self.out, self.undisturbed)

    def test_a_truncated_reference_is_refused(self):
        whole = read(self.undisturbed, "reference.safetensors")
        for size in (0, 4, 100, len(whole) // 2, len(whole) - 1):
            with self.subTest(size):
                with open(path("truncated.safetensors"), "wb") as file:
                    file.write(whole[:size])
                done = pairs(self.out, TINY | {"reference": path("truncated.safetensors")})
                self.refused(done, "truncated.safetensors")
                self.assertFalse(os.path.exists(self.out))

    def test_a_damaged_checkpoint_is_refused(self):
        shutil.copytree(self.undisturbed, self.out)
        os.remove(os.path.join(self.out, "joint-seed3", "model.safetensors"))
        checkpoint = os.path.join(self.out, "joint-seed3", "checkpoints", "step-00000004")
        for name in ("tensors.safetensors", "state.json"):
            with self.subTest(name):
                whole = read(checkpoint, name)
                os.truncate(os.path.join(checkpoint, name), len(whole) // 2)
                done = pairs(self.out, TINY | {"resume": True})
                self.assertIn("step-00000004", self.error_line(done))
                with open(os.path.join(checkpoint, name), "wb") as file:
                    file.write(whole)


class Refusals(Case):
    def setUp(self):
        self.out = path("refused")

    def expect(self, given, *mentions):
        with self.subTest(given):
            try:
                self.refused(pairs(self.out, TINY | {"steps": 1, "reference-steps": 1} | given),
                             *mentions)
                self.assertFalse(os.path.exists(self.out), "something was written")
            finally:
                shutil.rmtree(self.out, ignore_errors=True)

    def test_sizes_that_do_not_fit(self):
        self.expect({"count": 41}, "--super-batch", "41", "40")
        self.expect({"chunks": 9}, "--chunks", "9", "8")
        self.expect({"super-batch": POOL_ROWS + 1}, "--pool", "301", "300")
        self.expect({"count": 101, "super-batch": 200, "arms": "uniform"}, "--curated", "101",
                    "100")

    def test_numbers_that_are_none_or_out_of_range(self):
        generator = random.Random(29)
        for option in ("count", "super-batch", "chunks", "steps", "reference-steps", "eval-every",
                       "checkpoint-every"):
            self.expect({option: generator.choice(("0", "-1"))}, "--" + option)
        for option, values in {"count": ("8x", ""), "steps": ("1e9999", "5000000000"),
                               "seeds": ("-1", "x", "1,-2", "99999999999999999999"),
                               "gain": ("nan", "-1"), "learning-rate": ("0", "inf"),
                               "bias": ("nan",), "threads": ("-1", "2000000000")}.items():
            for value in values:
                self.expect({option: value}, "--" + option)

    def test_an_empty_seed(self):
        self.expect({"seeds": ""}, "--seeds")

    def test_interactions(self):
        for value in ("abc", "1@-3", "", "@3", "nan"):
            self.expect({"interaction": value}, "--interaction")

    def test_arms_and_seeds(self):
        self.expect({"arms": "jiont"}, "--arms", "jiont", *ARMS[:3], ARMS[4], "mean-field",
                    "oracle:TAG")
        self.expect({"arms": "oracle:"}, "--arms", "oracle:TAG")
        self.expect({"arms": "joint,uniform,joint"}, "--arms", "joint")
        self.expect({"seeds": "1,2,1"}, "--seeds")
        self.expect({"arms": "oracle:absent"}, "oracle:absent")

    def test_schedules(self):
        self.expect({"select-every": 0}, "every")
        self.expect({"select-start": -1}, "start")
        self.expect({"select-start": 5, "select-end": 4}, "start")

    def test_unknown_options_and_commands(self):
        self.expect({"bogus": 1}, "--bogus")
        for command in ([], ["pears"], ["pairs"], ["report"]):
            with self.subTest(command):
                self.refused(execute([PROGRAM] + command))

    def test_config_files(self):
        for content, mention in (("bogus = 3\n", "bogus"), ("steps = \"x\"\n", "steps")):
            with open(path("bad.toml"), "w", encoding="utf-8") as file:
                file.write(content)
            given = {"config": path("bad.toml")}
            with self.subTest(content):
                # Without the option in question, which would hide what the file says.
                given |= {"arms": "uniform", "reference-steps": 1, "eval-every": 1}
                given |= {} if mention == "steps" else {"steps": 1}
                command = pairs_command(self.out, SIZES | given)
                self.addCleanup(shutil.rmtree, self.out, ignore_errors=True)
                try:
                    done = execute(command, timeout=10)
                except subprocess.TimeoutExpired:
                    self.fail("the file is ignored")
                self.refused(done, mention)
        self.expect({"config": path("absent.toml")}, "absent.toml")

    def test_files_that_are_not_there(self):
        for option in ("curated", "pool", "eval", "reference"):
            self.expect({option: path("absent")}, "--" + option, path("absent"))
            self.expect({option: WORK}, "--" + option)

    def test_tables(self):
        head = b"id\tx\ty\n"
        rows = b"".join(b"%d\ta b\tc d\n" % k for k in range(50))
        bad = path("bad.tsv")
        for content, *mentions in (
                (b"", "empty"),
                (head, "pair"),
                (b"id,x,y\n" + rows, "line 1", "header"),
                (b"x\ty\tid\n" + rows, "line 1"),
                (rows, "line 1"),
                (head + rows + b"77\ta b\n", "line 52", "columns"),
                (head + b"77\ta\tb\ttarget\n" + rows, "line 2", "columns"),
                (head + rows + b"\n", "line 52"),
                (head + b"seven\ta\tb\n" + rows, "line 2", "column id", "seven"),
                (head + b"-7\ta\tb\n" + rows, "line 2", "column id", "-7"),
                (head + b"9223372036854775808\ta\tb\n" + rows, "line 2", "column id"),
                (head + rows + b"7\ta\tb\n", "line 52", "column id", "7"),
                (head + rows + b"77\t\tb\n", "line 52", "column x"),
                (head + rows + b"77\ta\t\n", "line 52", "column y"),
                (head + rows + b"77\ta\xffb\tb\n", "line 52", "column x", "UTF-8"),
                (head + b"77\ta\t\xc3(\n" + rows, "line 2", "column y", "UTF-8")):
            with open(bad, "wb") as file:
                file.write(content)
            self.expect({"pool": bad}, bad, *mentions)
        for option in ("curated", "eval"):
            self.expect({option: bad}, bad, "line 2", "column y")

    def test_references_of_another_kind(self):
        foreign = write_safetensors("foreign.safetensors", {"format": "pt"})
        self.expect({"reference": foreign}, foreign, "architecture")
        shape = {"architecture": "jest text towers 1", "buckets": "8", "width": "4", "hidden": "4",
                 "embedding": "4"}
        self.expect({"reference": write_safetensors("bare.safetensors", shape)}, "bare.safetensors")
        vast = write_safetensors("vast.safetensors", shape | {"buckets": "1000000000000000"})
        self.expect({"reference": vast}, "vast.safetensors")
        self.expect({"reference": path("pool.tsv")}, "pool.tsv")

    def test_folders_of_others(self):
        os.mkdir(self.out)
        self.addCleanup(shutil.rmtree, self.out)
        with open(os.path.join(self.out, "thesis.txt"), "w", encoding="utf-8") as file:
            file.write("all of it")
        for given in ({}, {"resume": True}):
            self.refused(pairs(self.out, TINY | given), self.out)
            self.assertEqual(content_of(self.out), {"thesis.txt": b"all of it"})
        self.refused(execute([PROGRAM, "report", self.out]), self.out)
        self.assertEqual(content_of(self.out), {"thesis.txt": b"all of it"})
        with open(os.path.join(self.out, "summary.json"), "w", encoding="utf-8") as file:
            file.write('{"runs": 3}')
        self.refused(execute([PROGRAM, "report", self.out]), "summary.json")
        self.refused(execute([PROGRAM, "report", path("absent")]), path("absent"))
        self.refused(pairs(path("pool.tsv"), TINY), path("pool.tsv"))

    def test_folder_names_that_json_cannot_hold(self):
        out = os.fsencode(self.out) + b"-\xff"
        self.addCleanup(shutil.rmtree, out, ignore_errors=True)
        done = pairs(os.fsdecode(out), TINY | {"steps": 1, "reference-steps": 1})
        if done.returncode != 0:  # a refusal is fine, but not after all the work
            self.error_line(done)
            self.assertFalse(os.path.exists(out))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
