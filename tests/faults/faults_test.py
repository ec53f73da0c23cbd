#!/usr/bin/env python3
"""A sample of scripts/faults and scripts/kills. Usage: faults_test.py BINARIES"""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from faults import Faults
from kills import Kills

BINARIES = None  # set by main
EVERY = 37  # of the calls of a kind, another one of each
RUNS = 10


class Disturbed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="jest-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def test_calls_of_the_system_that_fail_are_survived_or_named(self):
        table, wrong = Faults(BINARIES, self.folder).run(EVERY)
        self.assertEqual(wrong, [])
        self.assertGreater(sum(sum(outcomes.values()) for outcomes in table.values()), 30)

    def test_killed_runs_end_like_undisturbed_ones(self):
        rows = Kills(BINARIES, self.folder, seed=3).run(RUNS)
        self.assertEqual([row["wrong"] for row in rows], [0] * len(rows))
        self.assertGreater(sum(row["kills"] for row in rows), RUNS / 2)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
