#!/usr/bin/env python3
"""jest-train with ranks that score apart from those that train. Usage: scorers_test.py JEST_TRAIN"""

import pathlib
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from rank_processes import ROOT, RankCase, free_port, of_rank, variables

sys.path.append(str(ROOT / "tests/programs"))
import train_cases
from train_cases import tables, tensors, words

GIVEN = {"count": 8, "super-batch": 128, "chunks": 4, "arms": "joint", "seeds": 1, "steps": 40, "threads": 1,
         "reference-steps": 20, "eval-every": 20, "checkpoint-every": 5, "score-staleness": 2}


class Scorers(RankCase):
    def ranks(self, size, out, **more):
        """Processes with the variables of a launcher, or one without."""
        port = free_port()
        command = [train_cases.PROGRAM, "pairs", *words(tables(out=out, resume=True) | GIVEN | more)]
        started = []
        for rank in range(size):
            given = {**of_rank(rank, size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port} if size > 1 else {}
            process = subprocess.Popen(command, env=variables(**given), text=True, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE)
            self.addCleanup(process.communicate)
            self.addCleanup(process.kill)
            started.append(process)
        return started

    def check_ended_well(self, processes, timeout=60):
        for process in processes:
            _, said = process.communicate(timeout=timeout)
            self.assertEqual(process.returncode, 0, said)

    def model(self, out):
        return tensors(out, "joint-seed1", "model.safetensors")

    def test_end_with_the_bits_of_one_process_also_after_a_kill(self):
        alone = str(self.folder / "alone")
        self.check_ended_well(self.ranks(1, alone))
        guide = alone + "/reference.safetensors"  # one that ranks train together has other last bits
        for dies in (None, 0, 1):
            with self.subTest(dies=dies):
                out = str(self.folder / f"apart-{dies}")
                apart = self.ranks(2, out, reference=guide, scorers=1)
                if dies is not None:
                    checkpoints = pathlib.Path(out, "joint-seed1/checkpoints")
                    while not any(checkpoints.glob("step-*")) and apart[0].poll() is None:
                        time.sleep(0.005)
                    apart[dies].send_signal(signal.SIGKILL)
                    apart[1 - dies].communicate(timeout=30)
                    self.assertNotEqual(apart[1 - dies].returncode, 0)
                    apart = self.ranks(2, out, reference=guide, scorers=1)
                self.check_ended_well(apart)
                self.assertEqual(self.model(out), self.model(alone))

    def test_refuse_numbers_that_leave_nobody_to_train(self):
        for size in (1, 2):
            for process in self.ranks(size, str(self.folder / f"refused-{size}"), scorers=size):
                _, said = process.communicate(timeout=30)
                self.assertNotEqual(process.returncode, 0)
                self.assertIn(f"--scorers: expected fewer than the {size} ranks, got {size}", said)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    train_cases.main()
