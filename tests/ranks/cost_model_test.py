#!/usr/bin/env python3
"""The model of what a selection over ranks costs: its exchanges and bytes are those that are counted, its
tables those of the page. Usage: cost_model_test.py COUNT_EXCHANGES"""

import itertools
import pathlib
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "benchmarks/ranks"))
import model

COUNT_EXCHANGES = None  # set by main
# R, B, b, N, widths of learner and reference: uneven rounds and shards, ranks without candidates, c = 1, many.
# Each with rows of both sizes of a number.
CASES = ((2, 4096, 512, 8, 16, 19), (7, 1000, 101, 6, 5, 3), (8, 4096, 500, 8, 16, 19),
         (5, 200, 64, 1, 8, 8), (6, 300, 40, 40, 4, 4), (64, 8192, 1024, 4, 16, 16), (256, 16384, 2048, 2, 8, 8))


def counted(case):
    printed = subprocess.run([COUNT_EXCHANGES, *map(str, case)], capture_output=True, text=True, check=True,
                             timeout=60).stdout
    return [int(line) for line in printed.split()]


class Model(unittest.TestCase):
    def test_exchanges_and_bytes_are_those_that_are_counted(self):
        for case in itertools.product(CASES, (model.FLOAT32, model.BFLOAT16)):
            (ranks, candidates, count, chunks, learner, reference), number = case
            with self.subTest(case=case):
                row = 2 * (learner + reference) * number
                found = model.exchanges(candidates, ranks, count, chunks, row)
                self.assertEqual(len(found), 2 * chunks)
                self.assertEqual([size for _, size in found], counted([*case[0], number]))

    def test_the_page_has_its_tables(self):
        page = model.PAGE.read_text(encoding="utf-8")
        for name in model.TABLES:
            self.assertIn(f"<!-- generated: benchmarks/ranks/model.py {name} -->\n| ", page)
        self.assertEqual(page, model.with_tables(page), "write them anew: benchmarks/ranks/model.py --docs")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    COUNT_EXCHANGES = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
