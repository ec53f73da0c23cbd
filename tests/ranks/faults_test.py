#!/usr/bin/env python3
"""A rank that exits, is killed, throws or hangs at any exchange of a run ends all others in time, with rank,
step and round in their words. Usage: faults_test.py RANKS_PEER"""

import concurrent.futures
import itertools
import pathlib
import random
import re
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import rank_processes
from rank_processes import RankCase

SIZE = 3
STEPS = 2
CHUNKS = 2
EXCHANGES = 2 * CHUNKS  # of a step: a greeting, keys, rows, keys
ROUNDS = (0, 0, 0, 1)  # of which they are; rows belong to the round whose picks they are
TIMEOUT_MS = 3000
LIMIT = 30  # seconds, on busy cores
RETURNED = {"exit": 17, "kill": -9, "throw": 1}
PLACE = re.compile(r"^select at step (\d+), round (\d+), rank (\d+) of (\d+): gather: \S")


class Faults(RankCase):
    def run_broken(self, how, rank, step, exchange):
        """(return code, standard error) of each rank; the broken one is ended where it hangs."""
        name = f"{how}-{rank}-{step}-{exchange}"
        ranks = self.start_all(self.place(name), SIZE, "--chunks", CHUNKS, "--steps", STEPS, "--timeout",
                               TIMEOUT_MS, "--fail", f"{how}:{rank}:{step}:{exchange + 1}")
        others = [process for k, process in enumerate(ranks) if k != rank]
        for process in others:
            process.wait(timeout=LIMIT)
        if how == "hang":
            self.assertIsNone(ranks[rank].poll(), name)
            ranks[rank].kill()
        return [(process.wait(timeout=LIMIT), process.communicate()[1]) for process in ranks]

    def check(self, fault, ended):
        how, broken, step, exchange = fault
        for rank, (code, said) in enumerate(ended):
            with self.subTest(fault=fault, rank=rank, said=said):
                if rank == broken:
                    self.assertEqual(code, RETURNED.get(how, -9))
                    continue
                self.assertEqual(code, 1)
                place = PLACE.match(said.splitlines()[-1])
                self.assertTrue(place)
                self.assertEqual([int(word) for word in place.groups()], [step, ROUNDS[exchange], rank, SIZE])

    def test_any_fault_of_a_rank_ends_all_others(self):
        """At every exchange of a step; which step, and of which rank, by chance."""
        chance = random.Random(3)
        faults = [(how, chance.randrange(SIZE), chance.randrange(STEPS), exchange) for how, exchange in
                  itertools.product(("exit", "kill", "throw", "hang"), range(EXCHANGES))]
        with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
            for fault, ended in zip(faults, pool.map(lambda fault: self.run_broken(*fault), faults)):
                self.check(fault, ended)

    def test_a_fault_after_the_last_exchange_is_none(self):
        ranks = self.start_all(self.place("late"), SIZE, "--chunks", CHUNKS, "--fail",
                               f"exit:1:1:{EXCHANGES + 1}")
        self.check_ended_well(ranks)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rank_processes.PEER = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
