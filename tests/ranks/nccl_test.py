#!/usr/bin/env python3
"""Ranks with a GPU each exchange tensors by NCCL (jest::nccl). Usage: nccl_test.py NCCL_PEER

Two GPUs are needed for that. Without any, what is checked is what is said then, and the same exchanges and
steps over Gloo. Exits with 77 where the program's LibTorch with CUDA does not start.
"""

import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import rank_processes
from rank_processes import ROOT, RankCase, of_rank, variables

sys.path.append(str(ROOT / "scripts"))
import python_torch_stand_ins

SIZE = 2
STARTS = "nccl_peer: expected --device cuda or cpu, got "
LIBRARIES = {}  # where those of CUDA are, if not beside LibTorch; set by main
GPUS = len(list(pathlib.Path("/proc/driver/nvidia/gpus").glob("*")))


class Nccl(RankCase):
    def start_ranks(self, *words):
        port = rank_processes.free_port()
        return [self.start(words[0], variables(**of_rank(rank, SIZE), MASTER_PORT=port, **LIBRARIES), *words[1:])
                for rank in range(SIZE)]

    def check_ends(self, ranks, device):
        said = self.check_ended_well(ranks, timeout=100)
        self.assertRegex(said[0], rf"^{SIZE} ranks, {device}: a sum of 64 MB takes [\d.]+ ms\n$")

    def test_command_of_the_page(self):
        """What torchrun starts; torchrun_test.py has it do so."""
        (line,) = self.commands_of_page("test_command_of_the_page")
        program, *words = shlex.split(line.partition(" --no-python ")[2])
        self.assertEqual(pathlib.Path(program).name, rank_processes.PEER.name)
        ranks = self.start_ranks(*words)
        if GPUS >= SIZE:
            return self.check_ends(ranks, "cuda")
        if GPUS:
            self.skipTest(f"expected {SIZE} GPUs or none, got {GPUS}")
        for rank, process in enumerate(ranks):
            _, said = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1, said)
            self.assertEqual(said.splitlines()[-1],
                             f"join as rank {rank} of {SIZE}: nccl: expected a CUDA device, got none")

    def test_the_same_over_gloo(self):
        self.check_ends(self.start_ranks("--device", "cpu"), "cpu")


def starts(**libraries):
    """Whether the program's libraries are found."""
    said = subprocess.run([rank_processes.PEER], env=variables(**libraries), text=True,
                                         capture_output=True, check=False).stderr
    return said.strip() == STARTS.strip()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rank_processes.PEER = pathlib.Path(sys.argv.pop(1)).resolve()
    with tempfile.TemporaryDirectory(prefix="jest-cuda-") as folder:
        if not GPUS and not starts():
            # LibTorch names libraries of CUDA that lie nowhere; what runs here calls none of them.
            python_torch_stand_ins.make(pathlib.Path(folder) / "stand-ins")
            LIBRARIES["LD_LIBRARY_PATH"] = f"{folder}/stand-ins"
        if not starts(**LIBRARIES):
            print("skipped: no LibTorch with CUDA that a program can start with")
            sys.exit(77)
        unittest.main(verbosity=2)
