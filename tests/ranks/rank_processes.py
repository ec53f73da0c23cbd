"""Ranks as processes on this machine, for the tests beside."""

import os
import pathlib
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/structure"))
from tree_rules import tested_commands

PAGE = ROOT / "docs/many-machines.md"
PEER = None  # ranks_peer, set by a test's main
LAUNCHERS = ("RANK", "WORLD_SIZE", "LOCAL_", "MASTER_", "TORCHELASTIC_", "OMPI_", "SLURM_", "PMI_", "MPI_",
             "GLOO_")


def variables(**given):
    """This process's environment without those of any launcher, and those given."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHERS)}
    return own | {"OMP_NUM_THREADS": "1", "GOMP_SPINCOUNT": "0"} | {
        name: str(value) for name, value in given.items()}


def of_rank(rank, size):
    """The variables of one of `size` ranks on one host."""
    return {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": size}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class RankCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="jest-ranks-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def place(self, name):
        place = self.folder / name
        place.mkdir()
        return place

    def start(self, place, environment, *words):
        """One rank. It is ended with the test, where it has not ended by itself."""
        process = subprocess.Popen([PEER, place, *map(str, words)], env=environment, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.began = time.monotonic()

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def start_all(self, place, size, *words):
        """Ranks that meet by a file."""
        return [self.start(place, variables(**of_rank(rank, size)), "--store", place / "store", *words)
                for rank in range(size)]

    def check_ended_well(self, processes, timeout=60):
        """What each printed."""
        ended = [process.communicate(timeout=timeout) for process in processes]
        self.assertEqual([process.returncode for process in processes], [0] * len(processes),
                         [said for _, said in ended])
        return [printed for printed, _ in ended]

    def alone(self, *words):
        """What one process picks."""
        place = self.place("alone")
        self.check_ended_well([self.start(place, variables(), "--alone", *words)])
        return (place / "picks-alone").read_bytes()

    def check_picks(self, place, size, want):
        self.assertGreater(len(want), 0)
        for rank in range(size):
            self.assertEqual((place / f"picks-{rank}").read_bytes(), want, f"rank {rank} of {size}")

    def commands_of_page(self, test):
        """The lines of docs/many-machines.md that name a test."""
        (code,) = [code for file, name, code in tested_commands(PAGE.read_text(encoding="utf-8"))
                   if (file, name) == (f"tests/ranks/{pathlib.Path(sys.argv[0]).name}", test)]
        return code.splitlines()

    def start_command(self, line, stand_ins):
        """A line of the page, with stand-ins for programs and ./train; where it runs, which has what it
        picks, and the process."""
        place = self.place(f"command-{len(list(self.folder.iterdir()))}")
        train = f"exec {shlex.quote(str(PEER))} {shlex.quote(str(place))}"
        for name, code in {"train": train, **stand_ins}.items():
            (place / name).write_text(f"#!/bin/bash\n{code}\n", encoding="utf-8")
            (place / name).chmod(0o755)
        started = subprocess.Popen(["bash", "-euc", line], cwd=place, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE,
                                   env=variables(PATH=f"{place}:{os.environ['PATH']}", MASTER_PORT=free_port()))
        self.addCleanup(started.communicate)
        self.addCleanup(started.terminate)
        return place, started
