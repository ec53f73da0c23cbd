"""What the tests of jest-select share: ways to run it and the files that it is given."""

import math
import os
import random
import subprocess
import sys
import tempfile
import unittest

from select_oracle import write_safetensors

PROGRAM = None
PRESETS = ("joint", "independent", "topk", "mean-field", "greedy", "uniform")


def main():
    """Runs the tests of the script on the program that its first argument names."""
    global PROGRAM
    if len(sys.argv) < 2:
        sys.exit(sys.modules["__main__"].__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()


def run(*arguments, **more):
    words = [PROGRAM] + [str(argument) for argument in arguments]
    settings = {"capture_output": True, "text": True, "timeout": 60, "check": False} | more
    return subprocess.run(words, **settings)


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
