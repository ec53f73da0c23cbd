#!/usr/bin/env python3
"""A selection over hosts takes as long as its exchanges' delays and its own work; a cable that is cut ends
all ranks at the group's timeout. Usage: network_test.py RANKS_PEER TAPSWITCH; exits with 77 where no network
can be emulated.
"""

import pathlib
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from network import Network, time_selections, why_not

PEER = TAPSWITCH = None  # set by main
CHUNKS = 16
WORDS = ("--candidates", 2048, "--count", 400, "--chunks", CHUNKS, "--steps", 6)
DELAY_MS = 10
TRIES = 3  # where others take the cores
TIMEOUT_MS = 2000


class Hosts(unittest.TestCase):
    def test_a_selection_waits_twice_the_delay_for_every_exchange(self):
        for _ in range(TRIES):
            work, _ = time_selections(TAPSWITCH, PEER, 4, 0, WORDS)
            times, exchanges = time_selections(TAPSWITCH, PEER, 4, DELAY_MS, WORDS)
            waits = exchanges * 2 * DELAY_MS
            print(f"{min(times):.0f} ms; {waits} ms of delays, {min(work):.0f} ms of work")
            if abs(min(times) - min(work) - waits) < 0.15 * waits:
                break
        self.assertEqual(exchanges, 2 * CHUNKS)
        self.assertLess(abs(min(times) - min(work) - waits), 0.15 * waits)

    def test_a_cut_cable_ends_all_ranks_at_the_timeout(self):
        with tempfile.TemporaryDirectory(prefix="jest-ranks-") as folder, Network(TAPSWITCH, 3, 1) as network:
            ranks = network.start(PEER, folder, "--steps", 100000, "--timeout", TIMEOUT_MS)
            ranks[0].stdout.readline()
            network.tell("cut 1")
            cut = time.monotonic()
            said = [rank.communicate(timeout=60)[1] for rank in ranks]
            seconds = time.monotonic() - cut
        for k, words in enumerate(said):
            self.assertRegex(words.splitlines()[-1], rf"^select at step \d+, round \d+, rank {k} of 3: gather: \S")
        self.assertRegex(said[1], "[Tt]imed? ?out")  # another's end may come first to the two others
        self.assertEqual([rank.returncode for rank in ranks], [1, 1, 1])
        self.assertGreater(seconds, TIMEOUT_MS / 1000 - 0.1)
        self.assertLess(seconds, TIMEOUT_MS / 1000 + 10)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if why_not():
        print(f"skipped: {why_not()}")
        sys.exit(77)
    PEER, TAPSWITCH = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
    unittest.main(verbosity=2)
