#!/usr/bin/env python3
"""jest-train: killed, hindered and resumed runs. Usage: train_resume_test.py JEST_TRAIN"""

import os
import random
import resource
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from train_cases import (SHORTEST, SIZES, TINY, UndisturbedCase, content_of, finished, main,
                         names_in, pairs, read, start_pairs, write)

STRAY = "00000019"  # no checkpoint of a run is of this step
# A checkpoint takes about 100 MB, a model 34 MB.
TOO_SMALL_FOR_A_CHECKPOINT = 60 << 20


def kill_when(ready, out, given):
    """Kills the program as soon as ready() holds; says whether it was still running."""
    with start_pairs(out, given) as process:
        while process.poll() is None and not ready():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    return process.returncode == -signal.SIGKILL


def checkpoints_of(out, run):
    return os.path.join(out, run, "checkpoints")


def small_files(limit):
    """For a process that is about to start: no file of it grows beyond the limit, in bytes."""
    def apply():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return apply


class Interrupted(UndisturbedCase):
    """Killed and resumed runs end like undisturbed ones. Checkpoints and evaluations interleave."""

    GIVEN = SIZES | {"arms": "uniform,joint", "seeds": 1, "steps": 20, "reference-steps": 8,
                     "eval-every": 4, "checkpoint-every": 3}

    def reached(self, run, name):
        """Whether a checkpoint of this name was begun, or completed, or a later one was."""
        prefix, _, step = name.rpartition("-")
        try:
            begun = [entry.rpartition("-") for entry in os.listdir(checkpoints_of(self.out, run))]
        except FileNotFoundError:
            return False
        return any(entry_step >= step and entry_step != STRAY and
                   prefix in ("writing-step", entry_prefix)
                   for entry_prefix, _, entry_step in begun)

    def add_strays(self, run):
        """What a crash at the wrong moment, or a copy cut short, may leave."""
        for name in ("writing-step-", "step-"):
            folder = os.path.join(checkpoints_of(self.out, run), name + STRAY)
            os.makedirs(folder)
            for file in ("tensors.safetensors", "state.json"):
                write(b"half of a ", folder, file)

    def test_killed_at_chosen_moments(self):
        moments = [
            ("reference", "step-00000003"), ("uniform-seed1", "writing-step-00000003"),
            ("uniform-seed1", "step-00000009"), ("joint-seed1", "step-00000006"),
            # The metrics are ahead of the newest checkpoint here.
            ("joint-seed1", "writing-step-00000020")]
        for run, name in moments:
            killed = kill_when(lambda: self.reached(run, name), self.out,
                               self.GIVEN | {"resume": True})
            self.assertTrue(killed, (run, name))
            if name in ("step-00000009", "step-00000006"):
                self.add_strays(run)
        finished(pairs(self.out, self.GIVEN | {"resume": True}))
        self.assert_same_result(self.out, self.undisturbed)
        left = [name for name in names_in(self.out) if ".tmp-" in name or "writing-" in name]
        self.assertEqual(left, [])

    def test_killed_at_random_moments(self):
        generator = random.Random(23)
        for _ in range(3):
            end = time.monotonic() + generator.uniform(0.3, 2.5)
            kill_when(lambda: time.monotonic() > end, self.out, self.GIVEN | {"resume": True})
        finished(pairs(self.out, self.GIVEN | {"resume": True}))
        self.assert_same_result(self.out, self.undisturbed)


class Hindered(UndisturbedCase):
    """Runs that find little to go on from, no room on the disk, or half of a checkpoint."""

    GIVEN = TINY

    def test_resume_in_an_empty_folder_starts_afresh_and_a_seed_repeats(self):
        os.mkdir(self.out)
        finished(pairs(self.out, TINY | {"resume": True}))
        self.assert_same_result(self.out, self.undisturbed)

    def test_resume_where_only_the_claim_was_begun_starts_afresh(self):
        os.mkdir(self.out)
        write(b"{", self.out, "run.json.tmp-123-0")
        finished(pairs(self.out, SHORTEST | {"resume": True}))
        self.assertNotIn("run.json.tmp-123-0", os.listdir(self.out))

    def test_a_folder_that_another_run_is_writing_to_is_refused(self):
        resumed = TINY | {"resume": True}
        with start_pairs(self.out, resumed) as first:
            while not os.path.exists(os.path.join(self.out, "run.json")):
                self.assertIsNone(first.poll())
                time.sleep(0.001)
            first.send_signal(signal.SIGSTOP)
            try:
                self.refused(pairs(self.out, resumed), "--out " + self.out, "another run")
            finally:
                first.send_signal(signal.SIGCONT)
        self.assertEqual(first.returncode, 0)
        self.assert_same_result(self.out, self.undisturbed)

    def test_full_disk(self):
        resumed = TINY | {"resume": True}
        with self.subTest("not even a claim"):
            self.refused(pairs(self.out, resumed, preexec_fn=small_files(0)))
        with self.subTest("no checkpoint"):
            done = pairs(self.out, resumed, preexec_fn=small_files(TOO_SMALL_FOR_A_CHECKPOINT))
            self.assertIn("tensors.safetensors", self.error_line(done))
            self.assertFalse(os.path.exists(os.path.join(self.out, "summary.json")))
        complete = os.path.join(checkpoints_of(self.out, "joint-seed3"), "step-00000002")
        kill_when(lambda: os.path.exists(complete), self.out, resumed)
        before = content_of(complete), read(self.out, "reference.safetensors")
        with self.subTest("no second checkpoint"):
            done = pairs(self.out, resumed, preexec_fn=small_files(TOO_SMALL_FOR_A_CHECKPOINT))
            self.assertIn("tensors.safetensors", self.error_line(done))
            self.assertTrue(before == (content_of(complete),
                                       read(self.out, "reference.safetensors")))
            self.assertFalse(os.path.exists(os.path.join(self.out, "summary.json")))
        finished(pairs(self.out, resumed))
        self.assert_same_result(self.out, self.undisturbed)

    def test_a_damaged_checkpoint_is_refused(self):
        resumed = TINY | {"resume": True}
        checkpoint = os.path.join(checkpoints_of(self.out, "joint-seed3"), "step-00000002")
        self.assertTrue(kill_when(lambda: os.path.exists(checkpoint), self.out, resumed))
        for name in ("tensors.safetensors", "state.json"):
            with self.subTest(name):
                whole = read(checkpoint, name)
                os.truncate(os.path.join(checkpoint, name), len(whole) // 2)
                done = pairs(self.out, resumed)
                self.assertIn("step-00000002", self.error_line(done))
                write(whole, checkpoint, name)

    def test_checkpoints_beside_a_finished_model_go(self):
        shutil.copytree(self.undisturbed, self.out)
        for run in ("reference", "joint-seed3"):
            left = os.path.join(checkpoints_of(self.out, run), "step-00000002")
            os.makedirs(left)
            write(b"", left, "complete")
        finished(pairs(self.out, TINY | {"resume": True}))
        self.assertEqual([name for name in names_in(self.out) if "checkpoint" in name], [])
        self.assert_same_result(self.out, self.undisturbed)


if __name__ == "__main__":
    main()
