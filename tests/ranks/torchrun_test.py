#!/usr/bin/env python3
"""torchrun starts ranks that are programs of C++, and starts them anew after one has died. Usage:
torchrun_test.py RANKS_PEER, by a Python that has torch; exits with 77 where it has none.
"""

import pathlib
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import rank_processes
from rank_processes import RankCase, variables

try:
    import torch.distributed.run
except (ImportError, OSError) as error:
    print(f"skipped: no torch in this Python: {error}")
    sys.exit(77)

SIZE = 2


class Torchrun(RankCase):
    def start_torchrun(self, *further):
        place = self.place("ranks")
        ran = subprocess.Popen([sys.executable, "-m", "torch.distributed.run", "--standalone",
                                "--max-restarts", "1", "--nproc-per-node", str(SIZE), "--no-python",
                                rank_processes.PEER, place, *further], env=variables(), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(ran.communicate)
        self.addCleanup(ran.terminate)  # the agent ends its ranks
        printed, said = ran.communicate(timeout=100)
        self.assertEqual(ran.returncode, 0, said)
        self.check_picks(place, SIZE, self.alone())
        return printed.splitlines(), said

    def test_starts_ranks(self):
        printed, said = self.start_torchrun()
        self.assertEqual(len(printed), 2 * SIZE)  # steps
        self.assertNotIn("exitcode", said)

    def test_starts_ranks_anew_after_one_was_killed(self):
        printed, said = self.start_torchrun("--fail", "kill:1:1:2")
        self.assertEqual(len(printed), SIZE + 2 * SIZE)  # a step before, two after
        self.assertIn("exitcode: -9", said)
        self.assertRegex(said, r"(?m)^select at step 1, round 0, rank 0 of 2: gather: ")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rank_processes.PEER = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
