#!/usr/bin/env python3
"""torchrun starts ranks that are programs of C++, and starts them anew after one has died. Usage:
torchrun_test.py RANKS_PEER, by a Python that has torch; exits with 77 where it has none.
"""

import pathlib
import shlex
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
    def test_commands_of_the_page(self):
        """The first as it stands; of the second, which names four hosts, what torchrun reads of it."""
        one, many = self.commands_of_page("test_commands_of_the_page")
        place, started = self.start_command(
            one, {"torchrun": f'exec {shlex.quote(sys.executable)} -m torch.distributed.run "$@"'})
        read = torch.distributed.run.get_args_parser().parse_args(shlex.split(many)[1:])
        self.assertEqual((read.nnodes, read.nproc_per_node, read.rdzv_backend, read.rdzv_endpoint, read.no_python,
                          read.training_script), ("4", "8", "c10d", "host0:29400", True, "./train"))
        _, said = started.communicate(timeout=100)
        self.assertEqual(started.returncode, 0, said)
        self.check_picks(place, SIZE, self.alone())

    def run_torchrun(self, *further):
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

    def test_starts_ranks_anew_after_one_was_killed(self):
        printed, said = self.run_torchrun("--fail", "kill:1:1:2")
        self.assertEqual(len(printed), SIZE + 2 * SIZE)  # a step before, two after
        self.assertIn("failed (exitcode: ", said)  # of the first that torchrun finds
        self.assertRegex(said, r"(?m)^select at step 1, round 0, rank 0 of 2: gather: ")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rank_processes.PEER = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
