#!/usr/bin/env python3
"""Ranks that are processes pick what one process picks, whatever started them; one that does not come, or
finds its port in use, is a line of words in time. Usage: processes_test.py RANKS_PEER"""

import pathlib
import socket
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import unittest

import rank_processes
from rank_processes import RankCase, free_port, of_rank, variables

CHUNKS = 4
# Stand-ins for launchers: both understand what the page gives them, and set what the launchers set.
MPIRUN = """
while [[ $1 == -* ]]; do
  case $1 in -n) n=$2 ;; -x) export "$2" ;; --map-by) host=2; [[ $2 == ppr:2:node ]] ;; *) exit 2 ;; esac
  shift 2
done
export OMPI_COMM_WORLD_SIZE=$n OMPI_COMM_WORLD_LOCAL_SIZE=${host:-$n}
for ((r = 0; r < n; ++r)); do
  OMPI_COMM_WORLD_RANK=$r OMPI_COMM_WORLD_LOCAL_RANK=$((r % OMPI_COMM_WORLD_LOCAL_SIZE)) "$@" & ranks+=($!)
done
for rank in "${ranks[@]}"; do wait "$rank"; done
"""
SRUN = """
[[ $1 == -n ]] && export SLURM_NTASKS=$2 SLURM_STEP_NODELIST=localhost
for ((r = 0; r < SLURM_NTASKS; ++r)); do SLURM_PROCID=$r SLURM_LOCALID=$r "${@:3}" & ranks+=($!); done
for rank in "${ranks[@]}"; do wait "$rank"; done
"""


class Processes(RankCase):
    def test_any_number_picks_what_one_process_picks(self):
        words = ("--candidates", 2048, "--count", 250, "--chunks", CHUNKS, "--steps", 3)
        want = self.alone(*words)
        for size in (2, 4, 16):
            with self.subTest(size=size):
                place = self.place(str(size))
                printed = self.check_ended_well(self.start_all(place, size, *words))
                self.check_picks(place, size, want)
                for lines in printed:
                    exchanges = [int(line.split()[0]) for line in lines.splitlines()]
                    self.assertEqual(exchanges, [2 * CHUNKS] * 3)

    def check_start(self, name, size, of_launcher):
        """A port that is free now may be taken when rank 0 asks for it."""
        for attempt in range(3):
            place = self.place(f"{name}-{attempt}")
            port = {"MASTER_PORT": free_port()}
            ranks = [self.start(place, variables(**of_launcher(rank, size), **port), "--join-timeout", 20000)
                     for rank in range(size)]
            ranks[0].wait(timeout=60)
            if ranks[0].returncode != 0 and "EADDRINUSE" in ranks[0].stderr.read():
                continue
            self.check_ended_well(ranks)
            return self.check_picks(place, size, self.want)
        return self.fail("no port stayed free")

    def test_variables_of_each_launcher_start_a_run(self):
        self.want = self.alone()
        launchers = {
            "torchrun": of_rank,
            "address": lambda rank, size: {"RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "localhost"},
            "open-mpi": lambda rank, size: {
                "OMPI_COMM_WORLD_RANK": rank, "OMPI_COMM_WORLD_SIZE": size,
                "OMPI_COMM_WORLD_LOCAL_RANK": rank, "OMPI_COMM_WORLD_LOCAL_SIZE": size},
            "slurm": lambda rank, size: {"SLURM_PROCID": rank, "SLURM_NTASKS": size, "SLURM_LOCALID": rank,
                                         "SLURM_STEP_NODELIST": "localhost"},
            "mpich": lambda rank, size: {"PMI_RANK": rank, "PMI_SIZE": size, "MPI_LOCALRANKID": rank,
                                         "MPI_LOCALNRANKS": size},
        }
        for name, of_launcher in launchers.items():
            with self.subTest(launcher=name):
                self.check_start(name, 2, of_launcher)

    def test_commands_of_the_page(self):
        """By stand-ins for the launchers; each command is given ranks enough to pick what one picks."""
        want = self.alone()
        stand_ins = {"mpirun": MPIRUN, "srun": SRUN, "hostname": "echo localhost"}
        sizes = []
        for line in self.commands_of_page("test_commands_of_the_page"):
            place, started = self.start_command(line, stand_ins)
            _, said = started.communicate(timeout=60)
            self.assertEqual(started.returncode, 0, said)
            sizes.append(len(list(place.glob("picks-*"))))
            self.check_picks(place, sizes[-1], want)
        self.assertEqual(sizes, [2, 4, 4])

    def check_refused(self, process, words, seconds):
        """The last line says it; c10d's own log may stand above."""
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, said)
        self.assertRegex(said.splitlines()[-1], words)
        self.assertEqual(said.count("join as rank"), 1)
        self.assertLess(time.monotonic() - process.began, seconds)

    def test_a_rank_that_is_missing_ends_the_others_in_time(self):
        """However long the group waits later on."""
        port = free_port()
        waits = ("--join-timeout", 1000, "--timeout", 60000)
        processes = [(rank, self.start(self.place(f"{name}-{rank}"),
                                       variables(**of_rank(rank, 2), MASTER_PORT=port + rank), *words, *waits))
                     for rank in (0, 1)
                     for name, words in (("port", ()), ("file", ("--store", self.folder / f"store-{rank}")))]
        for rank, process in processes:
            with self.subTest(rank=rank, words=process.args):
                self.check_refused(process, rf"^join as rank {rank} of 2: .*([Tt]imed? ?out)", 15)

    def test_a_port_in_use_is_said_at_once(self):
        with socket.socket() as taken:
            taken.bind(("0.0.0.0", 0))
            taken.listen()
            process = self.start(self.place("port"),
                                 variables(**of_rank(0, 2), MASTER_PORT=taken.getsockname()[1]))
            self.check_refused(process, "^join as rank 0 of 2: .*EADDRINUSE", 15)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rank_processes.PEER = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
