#!/usr/bin/env python3
"""jest-select: what it refuses. Usage: select_refusals_test.py JEST_SELECT"""

import math
import os
import struct
import subprocess
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from select_cases import PRESETS, Case, arrays_of, main, options, run


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
        for word in ("-1", "nan", "inf", "x", " 5", "5 ", "0x5"):
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
        self.refused(options({**self.good, "learner": self.folder.name, "count": 4}), "regular file",
                     "a folder")
        self.refused(options({**self.good, "learner": "/dev/null", "count": 4}), "regular file",
                     "a pipe or a device")
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
        self.refused_learner("I64", x=("I64", [8, 3], [0] * 24))
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
        self.refused(options({"learner": one, "reference": few, "count": 4}), "8 ids", "7")

    def test_of_too_few_eligible_candidates(self):
        values = [0.5] * 24
        for row in (0, 2, 5, 6, 7):
            values[3 * row] = math.nan
        self.refused_learner("4 eligible", "3 of 8", "5 set aside", x=("F32", [8, 3], values))

    def test_of_a_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("this system has no /dev/full")
        with open("/dev/full", "w", encoding="ascii") as full:
            got = run(*options({**self.good, "count": 4}), capture_output=False, stdout=full,
                      stderr=subprocess.PIPE)
        self.assertEqual(got.returncode, 1)
        self.assertEqual(got.stderr.count("\n"), 1)


if __name__ == "__main__":
    main()
