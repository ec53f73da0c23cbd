#!/usr/bin/env python3
"""jest-train over ranks. Usage: train_ranks_test.py JEST_TRAIN"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
import train_tasks
from train_cases import finished, main, path, tables, tensors, words

GIVEN = {"count": 16, "super-batch": 192, "chunks": 4, "threads": 1, "seeds": 1, "steps": 8,
         "reference-steps": 6, "eval-every": 4, "checkpoint-every": 3, "cascade-from": 256,
         "cascade-to": 128}
ARMS = "uniform,joint,cascade,active-clip,infomax,drrho,selective-backprop,poisson-disk,dm-sgd"
TEXT_ARMS = "uniform,joint,greats,divbs,rho-1,gradient-norm"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(ranks, arguments):
    """One process a rank, as torchrun would start them."""
    port = str(free_port())
    return [subprocess.Popen(
        [train_cases.PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"RANK": str(rank), "WORLD_SIZE": str(ranks), "LOCAL_RANK": str(rank),
                          "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port})
        for rank in range(ranks)]


def ended(processes, timeout=100):
    """Their exit statuses, outputs and errors."""
    done = []
    for process in processes:
        out, err = process.communicate(timeout=timeout)
        done.append((process.returncode, out.decode(), err.decode()))
    return done


def pairs_arguments(out, **changes):
    return ["pairs"] + words(tables(out=out) | GIVEN | {"arms": ARMS} | changes)


def run(ranks, arguments):
    done = ended(start(ranks, arguments))
    for status, _, err in done:
        if status != 0:
            raise AssertionError(f"exit status {status}: {err}")
    return done


def events(out, name):
    with open(os.path.join(out, name, "metrics.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def first_picks(out, name):
    """What the first step says of its picks."""
    first = next(event for event in events(out, name) if event["event"] == "step")
    return {key: first[key] for key in first if key.startswith("learnability")}


class OverRanks(unittest.TestCase):
    def alone(self, arguments):
        finished(train_cases.execute(*arguments))

    def same_first_picks(self, one, several, names):
        for name in names:
            self.assertEqual(first_picks(one, name), first_picks(several, name), name)
            self.assertEqual(tensors(one, name, "model.safetensors")[0],
                             tensors(several, name, "model.safetensors")[0])

    def test_pairs_begin_as_one_process_does(self):
        one = path("pairs-1")
        self.alone(pairs_arguments(one))
        guide = os.path.join(one, "reference.safetensors")
        for ranks, arms in ((2, ARMS), (3, "joint")):
            out = path(f"pairs-{ranks}")
            done = run(ranks, pairs_arguments(out, arms=arms, reference=guide))
            self.assertIn("joint", done[0][1])   # the table
            self.assertEqual([text for _, text, _ in done[1:]], [""] * (ranks - 1))
            self.same_first_picks(one, out, [f"{arm}-seed1" for arm in arms.split(",")])
            summary = json.loads(train_cases.read(out, "summary.json"))
            self.assertEqual(summary["ranks"], ranks)
            for mine, theirs in zip(events(one, "joint-seed1"), events(out, "joint-seed1")):
                if mine["event"] == "step":
                    self.assertAlmostEqual(mine["loss"], theirs["loss"], places=2)

    def test_forward_passes_ahead_train_on_the_same_picks(self):
        arms = "uniform,joint,joint:forward-ahead=4,drrho:forward-ahead=4"
        arguments = pairs_arguments(path("ahead"), arms=arms, interaction=1)
        run(2, arguments)
        plain, ahead = (events(path("ahead"), f"joint{option}-seed1") for option in ("", ":forward-ahead=4"))
        self.assertEqual(first_picks(path("ahead"), "joint-seed1"),
                         first_picks(path("ahead"), "joint:forward-ahead=4-seed1"))
        losses = [[event["loss"] for event in run if event["event"] == "step"] for run in (plain, ahead)]
        self.assertAlmostEqual(losses[0][0], losses[1][0], 5)
        for option, said in (("score-staleness", "forward_ahead without staleness and split"),
                             ("micro-batch", "no micro-batches")):
            ends = ended(start(2, pairs_arguments(path(option), arms="joint", **{"forward-ahead": 4, option: 2})))
            for status, _, err in ends:
                self.assertEqual(status, 1, err)
                self.assertIn(said, err)

    def test_the_reference_is_that_of_one_process_but_for_rounding(self):
        one, out = path("guide-1"), path("guide-2")
        self.alone(pairs_arguments(one, arms="joint"))
        run(2, pairs_arguments(out, arms="joint"))
        for key, value in first_picks(one, "joint-seed1").items():
            self.assertAlmostEqual(value, first_picks(out, "joint-seed1")[key], places=4)

    def test_text_begins_as_one_process_does(self):
        arguments = lambda out: train_tasks.arguments(
            "text", out, GIVEN | {"arms": TEXT_ARMS, "micro-batch": 64})
        train_tasks.write_tables()
        one, out = path("text-1"), path("text-2")
        self.alone(arguments(one))
        run(2, arguments(out))
        self.same_first_picks(one, out, [f"{arm}-seed1" for arm in TEXT_ARMS.split(",")])

    def test_any_number_of_ranks_goes_on(self):
        out, undisturbed = path("resumed"), path("undisturbed")
        shorter = {"arms": "joint"}
        run(2, pairs_arguments(undisturbed, **shorter))
        processes = start(2, pairs_arguments(out, **shorter))
        folder = os.path.join(out, "joint-seed1", "checkpoints")
        while not (os.path.isdir(folder) and any(
                entry.startswith("step-") for entry in os.listdir(folder))):
            time.sleep(0.002)
            if processes[0].poll() is not None:
                break
        processes[1].send_signal(signal.SIGKILL)
        ended(processes)
        run(2, pairs_arguments(out, resume=True, **shorter))
        self.assertEqual(tensors(out, "joint-seed1", "model.safetensors"),
                         tensors(undisturbed, "joint-seed1", "model.safetensors"))

    def test_other_options_on_a_rank_are_refused_by_all(self):
        out = path("other")
        first, second = pairs_arguments(out), pairs_arguments(out, gain=7)
        port = str(free_port())
        processes = []
        for rank, arguments in enumerate((first, second)):
            processes.append(subprocess.Popen(
                [train_cases.PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=os.environ | {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
                                  "MASTER_PORT": port}))
        for status, _, err in ended(processes):
            self.assertNotEqual(status, 0)
            self.assertIn("options and data: expected the same bits on all ranks", err)

    def test_a_folder_in_use_is_refused_by_all(self):
        out = path("used")
        os.mkdir(out)
        train_cases.write(b"x", out, "something")
        for status, _, err in ended(start(2, pairs_arguments(out))):
            self.assertNotEqual(status, 0)
            self.assertIn("expected an empty folder", err)

    def test_a_rank_that_is_killed_ends_the_others(self):
        out = path("killed")
        processes = start(3, pairs_arguments(out, steps=2000))
        while not os.path.isdir(out) and processes[0].poll() is None:  # until all have joined
            time.sleep(0.05)
        time.sleep(random.uniform(0, 2))
        processes[1].send_signal(signal.SIGKILL)
        for rank, (status, _, err) in enumerate(ended(processes, timeout=30)):
            self.assertNotEqual(status, 0)
            if rank != 1:
                self.assertEqual(len(err.strip().splitlines()[-1:]), 1)


if __name__ == "__main__":
    main()
