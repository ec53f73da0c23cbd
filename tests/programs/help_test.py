#!/usr/bin/env python3
"""--help of every program and command fits a terminal. Usage: help_test.py PROGRAM..."""

import pathlib
import re
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPTS = [[ROOT / name] for name in ("studies/study", "scripts/bench", "scripts/docs")]
PROGRAMS = []
COLUMNS = 80


def help_of(command):
    done = subprocess.run([*map(str, command), "--help"], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def commands_in(text):
    """The names below "Subcommands:"."""
    listed = text.split("\nSubcommands:\n")[1:]
    return re.findall(r"^  ([a-z-]+) ", listed[0], re.MULTILINE) if listed else []


def with_commands(command):
    """The command, and those below it, each with its help."""
    status, text = help_of(command)
    yield command, status, text
    for name in commands_in(text):
        yield from with_commands([*command, name])


class Help(unittest.TestCase):
    def test_it_fits_the_terminal(self):
        seen = [found for command in PROGRAMS + SCRIPTS for found in with_commands(command)]
        self.assertGreater(len(seen), len(PROGRAMS + SCRIPTS))  # commands were found
        for command, status, text in seen:
            with self.subTest(" ".join(map(str, command))):
                self.assertEqual(status, 0)
                self.assertGreater(len(text.splitlines()), 3)
                self.assertEqual([line for line in text.splitlines() if len(line) > COLUMNS], [])


if __name__ == "__main__":
    PROGRAMS += [[pathlib.Path(name).resolve()] for name in sys.argv[1:]]
    unittest.main(argv=sys.argv[:1])
