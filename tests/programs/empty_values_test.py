#!/usr/bin/env python3
"""An empty value of any option is refused by the option's name. Usage: empty_values_test.py PROGRAM..."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from help_test import with_commands

PROGRAMS = []  # set by main


def options_in(text):
    """Those that take a value."""
    return re.findall(r"^  (--[a-z-]+) [A-Za-z]+", text, re.MULTILINE)


class EmptyValues(unittest.TestCase):
    def test_of_every_option(self):
        seen = 0
        for command, _, text in (found for one in PROGRAMS for found in with_commands(one)):
            for option in options_in(text):
                seen += 1
                for words in ([option, ""], [option + "="], [option + "=", "--help"], [option]):
                    self.refused([*map(str, command), *words], option)
        self.assertGreater(seen, len(PROGRAMS))

    def refused(self, words, option):
        with self.subTest(words), tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stdout, "")
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(f": {option}: expected a value", done.stderr)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    PROGRAMS += [[pathlib.Path(name).resolve()] for name in sys.argv[1:]]
    unittest.main(argv=sys.argv[:1])
