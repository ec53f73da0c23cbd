#!/usr/bin/env python3
"""jest-select against select_oracle.py. Usage: select_answers_test.py JEST_SELECT"""

import itertools
import json
import math
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from select_cases import PRESETS, Case, arrays_of, main, options, run
from select_oracle import philox4x32_10, select

CRITERIA = ("sigmoid", "softmax")
SCORES = ("learnability", "hard-learner", "easy-reference")
INTERACTIONS = (1.0, 0.3, 0.0, -0.5)


REMARKS = {"jest-select: the reference takes many pairs that do not belong together": "strangers",
           "jest-select: own scores of all candidates agree": "flat"}


class Answers(Case):
    """Equal to the oracle's."""

    def expect_equal(self, files, given):
        got = run(*options(files), *options(given))
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(got.stdout.count("\n"), 1)
        answer = json.loads(got.stdout)
        expected = select(**files, **given)
        remarks = [line for line, holds in REMARKS.items() if expected[holds]]
        self.assertEqual([line[:len(mark)] for line, mark in zip(got.stderr.splitlines(), remarks)],
                         remarks)
        self.assertEqual(got.stderr.count("\n"), len(remarks), got.stderr)
        self.assertEqual(answer["indices"], expected["indices"])
        self.expect_near(answer["scores"], expected["scores"])
        statistics = answer["statistics"]
        self.assertEqual(statistics["nan_count"], expected["nan_count"])
        for name in ("mean_own_score_super_batch", "mean_own_score_picks", "own_score_deviation"):
            self.expect_near([statistics[name]], [expected[name]])
        self.assertEqual(statistics["backend"], "eigen")
        self.assertGreaterEqual(statistics["select_ms"], 0)
        self.assertGreater(statistics["extra_bytes"], 0)

    def expect_near(self, got, expected):
        self.assertEqual(len(got), len(expected))
        for a, b in zip(got, expected):
            # Learnability is a difference of sums: their rounding, not its own, sets the floor.
            self.assertTrue(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-11), (a, b))

    def files(self, rows, ids, nan_rows):
        """A learner's and a reference's file; `ids` says in which the ids are."""
        generator = self.generator
        names = generator.sample(range(2**40), rows)
        files = {}
        for name in ("learner", "reference"):
            changes = {"ids": ("I64", [rows], names)} if name in ids else {}
            width = generator.randint(1, 16)
            arrays = arrays_of(rows, width, generator, **changes)
            for row in nan_rows if name == "learner" else nan_rows[:1]:
                arrays[generator.randint(0, 1)][3][row * width] = math.nan
            files[name] = self.write(name, arrays)
        return files

    def test_of_random_cases(self):
        generator = self.generator
        for case, (preset, criterion, score) in enumerate(
            itertools.product(PRESETS, CRITERIA, SCORES)
        ):
            for interaction in generator.sample(INTERACTIONS, 2):
                rows = generator.randint(1, 36 if preset == "greedy" else 60)
                nan_rows = generator.sample(range(rows), min(rows - 1, case % 3))
                count = generator.randint(1, rows - len(nan_rows))
                ids = generator.choice(((), ("learner",), ("reference",), ("learner", "reference")))
                given = {
                    "count": count,
                    "gain": generator.choice((0.0, 0.5, 5.0, 100.0)),
                    "interaction": interaction,
                    "criterion": criterion,
                    "score": score,
                    "preset": preset,
                    "seed": generator.choice((0, generator.randrange(2**64), 2**64 - 1)),
                    "step": generator.choice((0, generator.randrange(2**32), 2**32 - 1)),
                }
                if preset == "joint" and case % 4:
                    given["chunks"] = generator.randint(1, count)
                with self.subTest(rows=rows, ids=ids, nan_rows=nan_rows, **given):
                    self.expect_equal(self.files(rows, ids, nan_rows), given)

    def test_of_the_options_left_out(self):
        self.expect_equal(self.files(60, (), []), {"count": 20})

    def test_leave_out_a_file_without_weight(self):
        files = self.files(30, (), [])
        given = {"count": 10, "score": "hard-learner"}
        self.expect_equal({"learner": files["learner"]}, given)
        given["score"] = "easy-reference"
        self.expect_equal({"reference": files["reference"]}, given)

    def test_take_ids_from_a_file_without_weight_that_holds_nothing_else(self):
        files = self.files(30, (), [])
        names = self.write("ids", [("ids", "I64", [30], list(range(500, 530)))])
        given = {"count": 10, "gain": 0.0, "score": "hard-learner"}
        self.expect_equal({"learner": files["learner"], "reference": names}, given)

    def test_of_softmax_need_no_bias(self):
        learner = self.write("learner", arrays_of(30, 4, self.generator, bias=None))
        reference = self.write("reference", arrays_of(30, 7, self.generator, bias=None))
        files = {"learner": learner, "reference": reference}
        self.expect_equal(files, {"count": 10, "criterion": "softmax"})

    def test_do_not_depend_on_threads(self):
        files = options(self.files(60, (), []))
        for backend in ("eigen", "cpu", "cpu-bf16"):
            answers = set()
            for threads in (1, 2, 3):
                answer = json.loads(run(*files, "--count", 20, "--backend", backend,
                                        "--threads", threads).stdout)
                answers.add((tuple(answer["indices"]), tuple(answer["scores"])))
            self.assertEqual(len(answers), 1)

    def test_of_the_cpu_backend_are_the_plain_ones_in_float32(self):
        files = options(self.files(60, (), []))
        plain = json.loads(run(*files, "--count", 20).stdout)
        for name in ("cpu", "default"):
            fast = json.loads(run(*files, "--count", 20, "--backend", name).stdout)
            self.assertEqual(fast["statistics"]["backend"], "cpu")
            self.assertIn(fast["statistics"]["instruction_set"],
                          ("scalar", "avx2", "avx512", "neon"))
            self.assertEqual(fast["indices"], plain["indices"])
            for a, b in zip(fast["scores"], plain["scores"]):
                self.assertTrue(math.isclose(a, b, rel_tol=3e-6, abs_tol=3e-6), (a, b))

    def test_of_help_and_version(self):
        text = run("--help")
        self.assertEqual((text.returncode, text.stderr), (0, ""))
        self.assertLessEqual(max(len(line) for line in text.stdout.split("\n")), 80)
        for name in ("learner", "reference", "count", "chunks", "gain", "interaction", "criterion",
                     "score", "preset", "backend", "seed", "step", "threads", "version"):
            self.assertIn("--" + name, text.stdout)
        version = run("--version")
        self.assertEqual(version.returncode, 0)
        self.assertRegex(version.stdout, r"^jest-select \d+\.\d+\.\d+\n$")


class Oracle(unittest.TestCase):
    """The oracle's own ground: answers published with Random123."""

    def test_philox_known_answers(self):
        self.assertEqual(philox4x32_10((0, 0, 0, 0), (0, 0)),
                         [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8])
        self.assertEqual(
            philox4x32_10((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
                          (0xA4093822, 0x299F31D0)),
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1])


if __name__ == "__main__":
    main()
