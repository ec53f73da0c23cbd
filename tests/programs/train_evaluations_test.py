#!/usr/bin/env python3
"""Evaluations of jest-train are shared out over ranks, and have the bits of one process.
Usage: train_evaluations_test.py JEST_TRAIN"""

import os
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
import train_ranks_test
import train_tasks
import train_tokens_test
from train_cases import finished, main, path, summary_of, tables, words

# Held-out rows, of which two parts are evaluated: several micro-batches of each, the last of them short.
ROWS = {"pairs": 3000, "labels": 1700, "images": 700, "text": 700}
TOKENS = 3000
GIVEN = {"arms": "uniform", "count": 8, "super-batch": 40, "threads": 1, "seeds": 1, "steps": 1,
         "reference-steps": 2, "eval-every": 1, "validation-share": 0.4}
COSTS = ("flops", "seconds", "cpu_seconds", "joules", "given")


def write_tables():
    train_cases.write_table("held-out.tsv", 5000, ["target"], ROWS["pairs"])
    train_tasks.write_tables()
    for task, write in (("text", train_tasks.write_text), ("labels", train_tasks.write_images)):
        for name in train_tasks.FILES[task][2:]:
            write(f"{task}/{name}.safetensors", 5000, ROWS[task])
    for name in train_tasks.FILES["images"][2:]:  # retrieval is among pictures of different names
        train_tasks.write_images(f"images/{name}.safetensors", 5000, ROWS["images"], of_their_own=True)
    train_cases.write("".join(f"PICTURE {row}\n" for row in range(ROWS["images"])).encode(),
                      path("images", "names.txt"))
    train_tokens_test.prepare_tokens()
    train_tokens_test.write_tokens("eval.bin", TOKENS)


def arguments(task, out, **more):
    given = GIVEN | more
    if task == "pairs":
        return [task] + words(tables(out=out, eval=path("held-out.tsv")) | given)
    if task == "tokens":
        return train_tokens_test.arguments(out, given)
    return train_tasks.arguments(task, out, given)


def measures(values):
    return {name: value for name, value in values.items() if name not in COSTS}


class Evaluations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        write_tables()

    def expect_one_process(self, task, all_ranks=(2, 3)):
        one = path(task + "-1")
        finished(train_cases.execute(*arguments(task, one)))
        want = measures(summary_of(one)["reference"])
        self.assertEqual(len([name for name in want if name.startswith("validation_")]), len(want) // 2)
        for ranks in all_ranks:
            out = path(f"{task}-{ranks}")
            train_ranks_test.run(ranks, arguments(
                task, out, reference=os.path.join(one, "reference.safetensors")))
            self.assertEqual(measures(summary_of(out)["reference"]), want)
            self.expect_near(one, out)

    def expect_near(self, one, other):
        """Evaluations of a run: its model differs in the last bits."""
        for mine, theirs in zip(*(train_ranks_test.events(out, "uniform-seed1") for out in (one, other))):
            if mine["event"] == "evaluation":
                for name in measures(summary_of(one)["reference"]):
                    self.assertAlmostEqual(mine[name], theirs[name], delta=1e-2)

    def test_of_pairs(self):
        self.expect_one_process("pairs")

    def test_of_images(self):
        self.expect_one_process("images")

    def test_of_labels(self):
        self.expect_one_process("labels")

    def test_of_text(self):
        self.expect_one_process("text", (2, 3, 7))

    def test_of_tokens(self):
        self.expect_one_process("tokens")


if __name__ == "__main__":
    main()
