#!/usr/bin/env python3
"""jest-select against select_oracle.py, and what it refuses. Usage: select_test.py JEST_SELECT"""

import itertools
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from select_oracle import philox4x32_10, select, write_safetensors

PROGRAM = None
PRESETS = ("joint", "independent", "topk", "mean-field", "greedy", "uniform")
CRITERIA = ("sigmoid", "softmax")
SCORES = ("learnability", "hard-learner", "easy-reference")
INTERACTIONS = (1.0, 0.3, 0.0, -0.5)


def run(*arguments):
    words = [PROGRAM] + [str(argument) for argument in arguments]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def options(given):
    return [word for name, value in given.items() for word in ("--" + name, repr(value)
                                                              if isinstance(value, float)
                                                              else str(value))]


def unit_rows(rows, width, generator):
    values = []
    for _ in range(rows):
        row = [generator.gauss(0, 1) for _ in range(width)]
        norm = math.sqrt(sum(value * value for value in row))
        values += [value / norm for value in row]
    return values


def arrays_of(rows, width, generator, **changes):
    """The arrays of a usable file; changes replace one by name, None leaves it out."""
    arrays = {
        "x": ("F32", [rows, width], unit_rows(rows, width, generator)),
        "y": ("F32", [rows, width], unit_rows(rows, width, generator)),
        "scale": ("F32", [], [generator.choice((1.0, 10.0, 30.0))]),
        "bias": ("F64", [], [generator.uniform(-12, 2)]),
    }
    arrays.update(changes)
    return [(name,) + array for name, array in arrays.items() if array is not None]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.generator = random.Random(11)

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, arrays):
        write_safetensors(self.path(name), arrays)
        return self.path(name)


class Answers(Case):
    """Equal to the oracle's."""

    def expect_equal(self, files, given):
        got = run(*options(files), *options(given))
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(got.stderr, "")
        self.assertEqual(got.stdout.count("\n"), 1)
        answer = json.loads(got.stdout)
        expected = select(**files, **given)
        self.assertEqual(answer["indices"], expected["indices"])
        self.expect_near(answer["scores"], expected["scores"])
        statistics = answer["statistics"]
        self.assertEqual(statistics["nan_count"], expected["nan_count"])
        for name in ("mean_own_score_super_batch", "mean_own_score_picks"):
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


class Refusals(Case):
    """Exit status 1, one line on standard error that says what came, nothing on standard output."""

    def setUp(self):
        super().setUp()
        self.good = {
            "learner": self.write("learner", arrays_of(8, 3, self.generator)),
            "reference": self.write("reference", arrays_of(8, 5, self.generator)),
        }

    def refused(self, arguments, *expected):
        got = run(*arguments)
        with self.subTest(arguments=arguments):
            self.assertEqual(got.returncode, 1)
            self.assertEqual(got.stdout, "")
            self.assertEqual(got.stderr.count("\n"), 1, got.stderr)
            self.assertTrue(got.stderr.startswith("jest-select: "), got.stderr)
            for part in expected:
                self.assertIn(part, got.stderr)

    def refused_options(self, *words, expected=()):
        count = () if "--count" in words else ("--count", "4")
        self.refused(options(self.good) + list(count) + list(words), *expected)

    def refused_learner(self, *expected, **changes):
        path = self.write("bad", arrays_of(8, 3, self.generator, **changes))
        self.refused(options({**self.good, "learner": path, "count": 4}), *expected)

    def test_of_numbers(self):
        for word in ("0", "-1", "9", "3.5", "x", "", "010x", "99999999999999999999"):
            self.refused_options("--count", word, expected=["expected"])
        for word in ("0", "5", "-2", "many"):
            self.refused_options("--chunks", word, expected=["expected", word])
        for word in ("-1", "nan", "inf", "x"):
            self.refused_options("--gain", word, expected=["--gain", word])
        for word in ("nan", "-inf", "1e999", "x"):
            self.refused_options("--interaction", word, expected=["--interaction", word])
        for word in ("-1", "18446744073709551616", "1e3", "0x10"):
            self.refused_options("--seed", word, expected=["--seed", word])
        for word in ("-1", "4294967296"):
            self.refused_options("--step", word, expected=["--step", word])
        for word in ("0", "-3", "99999999999"):
            self.refused_options("--threads", word, expected=["--threads", word])

    def test_of_names(self):
        for option in ("--criterion", "--score", "--preset", "--backend"):
            self.refused_options(option, "best", expected=[option, "best", "one of"])
        self.refused_options("--tau", "3", expected=["--tau"])
        self.refused_options("more", expected=["more"])
        self.refused_options("--seed", expected=["--seed"])
        self.refused_options("--count", "2", "--count", "3", expected=["--count"])

    def test_of_chunks_that_a_preset_fixes(self):
        for preset in PRESETS[1:]:
            self.refused_options("--preset", preset, "--chunks", "3", expected=["got 3"])

    def test_of_options_left_out(self):
        self.refused(options(self.good), "--count")
        self.refused(["--learner", self.good["learner"], "--count", 4], "--reference")
        self.refused(["--reference", self.good["reference"], "--count", 4], "--learner")
        self.refused([], "--count")

    def test_of_options_before_any_file_is_read(self):
        self.refused(["--learner", "missing", "--reference", "missing", "--count", 4, "--chunks", 5],
                     "got 5")

    def test_of_files_that_are_not_safetensors(self):
        missing = self.path("missing")
        self.refused(options({**self.good, "learner": missing, "count": 4}), missing)
        self.refused(options({**self.good, "learner": self.folder.name, "count": 4}), "regular file")
        with open(self.good["learner"], "rb") as file:
            content = file.read()
        broken = self.path("broken")
        for damaged in (b"", content[:5], content[:60], content[:-1],
                        b"PK\x03\x04" + content, struct.pack("<Q", 9) + b'{"a\nb": 1}'):
            with open(broken, "wb") as file:
                file.write(damaged)
            self.refused(options({**self.good, "learner": broken, "count": 4}), broken)
            self.refused(options({"learner": broken, "reference": self.good["reference"],
                                  "count": 4, "score": "easy-reference"}), broken)

    def test_of_embeddings(self):
        self.refused_learner("x", x=None)
        self.refused_learner("y", y=None)
        self.refused_learner("scale", scale=None)
        self.refused_learner("bias", bias=None)
        for value in (0.0, -1.0, math.nan, math.inf):
            self.refused_learner("scale", scale=("F32", [], [value]))
        for value in (math.nan, -math.inf):
            self.refused_learner("bias", bias=("F32", [], [value]))
        self.refused_learner("scale", scale=("F32", [2], [1.0, 2.0]))
        self.refused_learner("F64", x=("F64", [8, 3], [0.0] * 24))
        self.refused_learner("[24]", x=("F32", [24], [0.0] * 24))
        self.refused_learner("[8, 3] and y [6, 4]", y=("F32", [6, 4], [0.0] * 24))
        self.refused_learner("[0, 3]", x=("F32", [0, 3], []), y=("F32", [0, 3], []))
        self.refused_learner("[8, 0]", x=("F32", [8, 0], []), y=("F32", [8, 0], []))
        shorter = self.write("shorter", arrays_of(7, 3, self.generator))
        self.refused(options({**self.good, "learner": shorter, "count": 4}), "7 and 8")

    def test_of_ids(self):
        def ids(*values):
            return {"ids": ("I64", [len(values)], list(values))}

        self.refused_learner("distinct", "3", **ids(1, 2, 3, 3, 4, 5, 6, 7))
        self.refused_learner("-3", **ids(1, 2, -3, 3, 4, 5, 6, 7))
        self.refused_learner("8 ids", "7", **ids(1, 2, 3, 4, 5, 6, 7))
        self.refused_learner("empty", **ids())
        self.refused_learner("ids", ids=("F32", [8], [0.0] * 8))
        one = self.write("one", arrays_of(8, 3, self.generator, **ids(*range(8))))
        two = self.write("two", arrays_of(8, 3, self.generator, **ids(*range(1, 9))))
        few = self.write("few", arrays_of(8, 3, self.generator, **ids(*range(7))))
        self.refused(options({"learner": one, "reference": two, "count": 4}), "0 and 1 at row 0")
        self.refused(options({"learner": one, "reference": few, "count": 4}), "8 and 7")

    def test_of_too_few_eligible_candidates(self):
        values = [0.5] * 24
        for row in (0, 2, 5, 6, 7):
            values[3 * row] = math.nan
        self.refused_learner("4 eligible", "3 of 8", "5 set aside", x=("F32", [8, 3], values))

    def test_of_a_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("this system has no /dev/full")
        with open("/dev/full", "w", encoding="ascii") as full:
            words = [PROGRAM] + options({**self.good, "count": 4})
            got = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(got.returncode, 1)
        self.assertEqual(got.stderr.count(b"\n"), 1)


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
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
