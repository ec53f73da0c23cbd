#!/usr/bin/env python3
"""jest-train --tensorboard: TensorBoard of PyPI reads every scalar of metrics.jsonl, also after kills.
Usage: train_tensorboard_test.py JEST_TRAIN, by a Python of scripts/python-environment with the wheels of
scripts/tensorboard-wheels.txt.
"""

import json
import os
import signal
import struct
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    print(f"skipped: {sys.executable} lacks tensorboard (scripts/setup)")
    sys.exit(77)
from train_cases import (SIZES, FolderCase, UndisturbedCase, finished, main, names_in, pairs, read,
                         start_pairs, tensors)

NAME = "events.out.tfevents.0.jest"
GIVEN = SIZES | {"arms": "uniform,joint", "seeds": 1, "steps": 20, "reference-steps": 8,
                 "eval-every": 4, "checkpoint-every": 3, "gradients": True, "tensorboard": True}
RUNS = ("reference", "uniform-seed1", "joint-seed1")
GROUPS = {"flops", "seconds", "examples", "picked_tags"}  # objects of an evaluation's line
UNPAID = {"reference_training", "pool_embedding"}         # of flops: no part of a run
# What lines of other kinds hold stands below the kind; of a step, and of what is the run's, it does not.
BARE = {"cpu_seconds", "selection_share", "joules"}


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def expected_scalars(folder):
    """tag -> [(step, value)] of metrics.jsonl."""
    scalars = {}
    for line in map(json.loads, read(folder, "metrics.jsonl").splitlines()):
        event, step = line.pop("event"), line.pop("step")
        if event in ("note", "samples"):
            continue
        for name, value in line.items():
            bare = event == "step" or name in BARE
            if name in GROUPS:
                values = {f"{name}/{key}": number for key, number in value.items()
                          if key not in UNPAID}
            elif name == "crc32":
                values = {}
            else:
                values = {name if bare else f"{event}/{name}": value}
            for tag, number in values.items():
                scalars.setdefault(tag, []).append((step, float32(number)))
    return scalars


def read_scalars(folder):
    """The same as TensorBoard has it, in the order of the file: nothing is dropped or put in order."""
    events = EventAccumulator(folder, size_guidance={"scalars": 0}, purge_orphaned_data=False)
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)]
            for tag in events.Tags()["scalars"]}


class TensorBoard(UndisturbedCase):
    GIVEN = GIVEN

    def check_scalars(self, out):
        for run in RUNS:
            folder = os.path.join(out, run)
            expected = expected_scalars(folder)
            self.assertGreater(len(expected), 10)
            self.assertEqual(read_scalars(folder), expected, run)

    def test_reads_every_scalar(self):
        self.check_scalars(self.undisturbed)
        tags = read_scalars(os.path.join(self.undisturbed, "joint-seed1"))
        for tag in ("loss", "learnability_picks", "evaluation/r_at_1", "picked_tags/target",
                    "flops/learner_scoring", "seconds/train", "batch/repeated", "gradients/gradient_norm"):
            self.assertIn(tag, tags)
        self.assertEqual([step for step, _ in tags["loss"]], list(range(1, 21)))

    def test_times_are_of_now_and_rise(self):
        events = EventAccumulator(os.path.join(self.undisturbed, "joint-seed1"))
        events.Reload()
        times = [event.wall_time for event in events.Scalars("loss")]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[-1] - time.time()), 3600)

    def checkpoint_of(self, run, step):
        return os.path.join(self.out, run, "checkpoints", f"step-{step:08}")

    def kill_at(self, run, step):
        """Kills a run once it has a checkpoint, and looks what its event file has at least."""
        def reached():
            try:
                names = os.listdir(os.path.dirname(self.checkpoint_of(run, step)))
            except FileNotFoundError:
                return False
            return any(name >= f"step-{step:08}" for name in names if name.startswith("step-"))
        with start_pairs(self.out, GIVEN | {"resume": True}) as process:
            while process.poll() is None and not reached():
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        self.assertEqual(process.returncode, -signal.SIGKILL)
        steps = [found for found, _ in read_scalars(os.path.join(self.out, run))["loss"]]
        self.assertEqual(steps[:step], list(range(1, step + 1)))

    def tear(self, run):
        """What was begun of an event when the program was killed."""
        content = read(self.undisturbed, run, NAME)
        with open(os.path.join(self.out, run, NAME), "ab") as file:
            file.write(content[:33])  # of the 40 of the first

    def test_after_kills_no_step_is_missing_or_there_twice(self):
        self.kill_at("reference", 3)
        self.kill_at("uniform-seed1", 6)
        self.tear("uniform-seed1")
        self.kill_at("joint-seed1", 9)
        self.tear("joint-seed1")
        finished(pairs(self.out, GIVEN | {"resume": True}))
        self.assert_same_result(self.out, self.undisturbed)
        self.check_scalars(self.out)

    def test_events_behind_the_checkpoint_go(self):
        self.kill_at("joint-seed1", 9)
        folder = os.path.join(self.out, "joint-seed1")
        with open(os.path.join(folder, NAME), "ab") as file:
            file.write(self.later_events())
        self.assertIn(20, [step for step, _ in read_scalars(folder)["loss"]])
        finished(pairs(self.out, GIVEN | {"resume": True}))
        self.check_scalars(self.out)

    def later_events(self):
        """The last five records of the undisturbed run."""
        content = read(self.undisturbed, "joint-seed1", NAME)
        starts, at = [], 0
        while at < len(content):
            starts.append(at)
            at += 16 + struct.unpack_from("<Q", content, at)[0]
        return content[starts[-5]:]


class Asked(FolderCase):
    def test_there_is_no_event_file_unless_asked_for_and_the_result_is_the_same(self):
        short = GIVEN | {"arms": "joint", "steps": 4}
        outs = [os.path.join(self.out, name) for name in ("with", "without")]
        for out, wanted in zip(outs, (True, None)):
            finished(pairs(out, short | {"tensorboard": wanted}))
        names = [{name for name in names_in(out) if "tfevents" in name} for out in outs]
        self.assertEqual(names, [{f"{run}/{NAME}" for run in ("reference", "joint-seed1")}, set()])
        models = [tensors(out, "joint-seed1", "model.safetensors") for out in outs]
        self.assertTrue(models[0] == models[1])

    def test_a_file_that_cannot_be_written_is_an_error(self):
        os.makedirs(os.path.join(self.out, "reference", NAME))
        done = pairs(self.out, GIVEN)
        self.refused(done, "--out")  # no empty folder
        os.rmdir(os.path.join(self.out, "reference", NAME))
        os.rmdir(os.path.join(self.out, "reference"))
        finished(pairs(self.out, GIVEN | {"steps": 1, "reference-steps": 1}))
        joint = os.path.join(self.out, "joint-seed1")
        os.remove(os.path.join(joint, "model.safetensors"))
        os.remove(os.path.join(joint, NAME))
        os.mkdir(os.path.join(joint, NAME))
        done = pairs(self.out, GIVEN | {"steps": 1, "reference-steps": 1, "resume": True})
        self.assertIn("a writable file, got Is a directory", self.error_line(done))


if __name__ == "__main__":
    main()
