#!/usr/bin/env python3
"""torchrun starts jest-train over ranks, and starts it anew after ranks were killed. Usage:
train_torchrun_test.py JEST_TRAIN [--kills N], by a Python that has torch; exits with 77 where it has none.
"""

import os
import pathlib
import random
import shlex
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import rank_processes
from rank_processes import ROOT, RankCase, variables

sys.path.append(str(ROOT / "tests/programs"))
import train_cases
from train_cases import path, tables, tensors, words

try:
    import torch.distributed.run
except (ImportError, OSError) as error:
    print(f"skipped: no torch in this Python: {error}")
    sys.exit(77)

KILLS = 3
SMALL = {"count": 8, "super-batch": 40, "chunks": 4, "arms": "joint", "seeds": 1, "steps": 8,
         "reference-steps": 4, "eval-every": 4, "checkpoint-every": 2}
LONG = SMALL | {"threads": 1, "steps": 60, "reference-steps": 20, "checkpoint-every": 5}
TORCHRUN = f"exec {shlex.quote(sys.executable)} -m torch.distributed.run"


def ranks_of(agent):
    """The processes that an agent started."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if int(parent) == agent and name == "jest-train":
            found.append(int(entry.name))
    return sorted(found)


class Torchrun(RankCase):
    def torchrun(self, size, out, given, restarts=0):
        """The agent, of ranks that take up what is in `out`."""
        arguments = ["pairs"] + words(tables(out=out, resume=True) | given)
        agent = subprocess.Popen(
            [sys.executable, "-m", "torch.distributed.run", "--standalone", "--max-restarts", str(restarts),
             "--nproc-per-node", str(size), "--no-python", train_cases.PROGRAM, *arguments],
            env=variables(), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(agent.communicate)
        self.addCleanup(agent.terminate)  # the agent ends its ranks
        return agent

    def check_ended_well(self, agent, timeout=150):
        _, said = agent.communicate(timeout=timeout)
        self.assertEqual(agent.returncode, 0, said)

    def test_command_of_the_page(self):
        line = " ".join(self.commands_of_page("test_command_of_the_page")).replace("\\", "")
        place = self.place("page")
        for name in ("curated.tsv", "pool.tsv", "eval.tsv"):
            (place / name).symlink_to(path(name))
        small = " ".join(words(SMALL))
        for name, code in {"torchrun": f'{TORCHRUN} "$@"',
                           "jest-train": f'exec {train_cases.PROGRAM} "$@" {small}'}.items():
            (place / name).write_text(f"#!/bin/bash\n{code}\n", encoding="utf-8")
            (place / name).chmod(0o755)
        done = subprocess.run(["bash", "-euc", line], cwd=place, text=True, capture_output=True, check=False,
                              env=variables(PATH=f"{place}:{os.environ['PATH']}"), timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((place / "runs/pairs/joint-seed1/model.safetensors").is_file())

    def test_ends_as_an_undisturbed_run_however_often_a_rank_is_killed(self):
        given = LONG | {"steps": LONG["steps"] * max(1, KILLS // 3)}
        whole = str(self.folder / "whole")
        self.check_ended_well(self.torchrun(2, whole, given))
        out = str(self.folder / "killed")
        agent = self.torchrun(2, out, given, restarts=KILLS + 2)
        killed = 0
        while killed < KILLS and agent.poll() is None:
            time.sleep(random.uniform(0.3, 2.5))
            ranks = ranks_of(agent.pid)
            if ranks:
                os.kill(random.choice(ranks), signal.SIGKILL)
                killed += 1
        self.check_ended_well(agent, timeout=600)
        print(f"killed {killed} times")
        self.assertGreater(killed, 0)
        self.assertEqual(tensors(out, "joint-seed1", "model.safetensors"),
                         tensors(whole, "joint-seed1", "model.safetensors"))
        self.assertEqual(tensors(out, "reference.safetensors"), tensors(whole, "reference.safetensors"))

    def test_two_ranks_go_on_with_what_four_began(self):
        out = str(self.folder / "fewer")
        agent = self.torchrun(4, out, LONG)
        folder = pathlib.Path(out, "joint-seed1/checkpoints")
        while agent.poll() is None and not any(folder.glob("step-*")):
            time.sleep(0.01)
        for rank in ranks_of(agent.pid):
            os.kill(rank, signal.SIGKILL)
        agent.communicate(timeout=60)
        self.assertNotEqual(agent.returncode, 0)
        self.check_ended_well(self.torchrun(2, out, LONG))
        self.assertTrue(pathlib.Path(out, "joint-seed1/model.safetensors").is_file())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if "--kills" in sys.argv:
        at = sys.argv.index("--kills")
        KILLS = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    train_cases.main()
