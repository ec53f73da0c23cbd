#!/usr/bin/env python3
"""Kills runs of jest-train at random moments and resumes them until they are done.

usage: kills.py BINARIES [N] [--seed S] [--docs]

BINARIES  folder of jest-train
N         runs (1000), each killed (SIGKILL) and resumed until one call ends by itself

Every run then has to be, bit for bit, what an undisturbed one leaves.
"""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing is left in the source tree
import programs

sys.path[:0] = [str(programs.ROOT / "tests/structure"), str(programs.ROOT / "scripts")]
from ending import Parser, run_script
from measured import markdown_table, processor, write_measured

KILLS_A_RUN = 3  # at most: then it is left to end
PROGRESS_EVERY = 50  # runs


class Kills:
    """Runs of jest-train, in a folder that is theirs."""

    def __init__(self, binaries, folder, seed):
        self.folder = folder
        self.generator = random.Random(seed)
        self.inputs = folder / "inputs"
        self.inputs.mkdir()
        programs.write_inputs(self.inputs)
        self.uses = [use for use in programs.uses(binaries) if use.resumes]
        self.expected, self.seconds = {}, {}
        for program in self.uses:
            place = self.fresh("undisturbed " + program.name)
            begin = time.monotonic()
            done = programs.execute(program, place)
            self.seconds[program.name] = time.monotonic() - begin
            if done.returncode != 0:
                raise AssertionError(done.stderr.decode())
            self.expected[program.name] = program.answer(place, done.stdout)

    def fresh(self, name):
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        return pathlib.Path(shutil.copytree(self.inputs, place))

    def killed(self, program, place):
        """Whether a call was killed before it ended."""
        moment = time.monotonic() + self.generator.uniform(0, self.seconds[program.name])
        with subprocess.Popen([*program.words, "--resume"], cwd=place, env=programs.environment(place),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and time.monotonic() < moment:
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        return process.returncode == -signal.SIGKILL

    def one(self, program):
        """(kills, what is wrong or nothing) of one run."""
        place = self.fresh("killed")
        kills = sum(self.killed(program, place) for _ in range(self.generator.randint(1, KILLS_A_RUN)))
        done = programs.execute(program, place, "--resume")
        if done.returncode != 0:
            return kills, f"does not go on: {done.stderr.decode()[-300:]}"
        left = [name for _, _, names in os.walk(place / "out") for name in names if ".tmp-" in name]
        if left:
            return kills, f"leaves {left}"
        same = programs.same(program, program.answer(place, done.stdout), self.expected[program.name])
        return kills, None if same else "another result"

    def run(self, count, tell=lambda line: None):
        rows = {program.name: {"program": program.name, "runs": 0, "kills": 0, "wrong": 0}
                for program in self.uses}
        begin = time.monotonic()
        for k in range(count):
            if k and k % PROGRESS_EVERY == 0:
                left = (time.monotonic() - begin) / k * (count - k)
                print(f"kills: {k} of {count} runs, {left / 60:.0f} min left", file=sys.stderr)
            program = self.uses[k % len(self.uses)]
            kills, fault = self.one(program)
            row = rows[program.name]
            row["runs"] += 1
            row["kills"] += kills
            if fault:
                row["wrong"] += 1
                tell(f"WRONG run {k}, {program.name}: {fault}")
        return list(rows.values())


def main():
    parser = Parser(__doc__)
    parser.add("binaries", type=pathlib.Path)
    parser.add("count", type=int, nargs="?", default=1000)
    parser.add("--seed", type=int, default=1)
    parser.add("--docs", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jest-kills-") as folder:
        kills = Kills(options.binaries.resolve(), pathlib.Path(folder).resolve(), options.seed)
        rows = kills.run(options.count, lambda line: print(line, flush=True))
    for row in rows:
        print("{program:<18} {runs} runs, {kills} kills, {wrong} wrong".format(**row))
    if options.docs:
        header = ["program", "runs", "kills", "wrong"]
        table = markdown_table(header, [[row[name] for name in header] for row in rows])
        command = f"scripts/kills {options.count} --seed {options.seed}"
        write_measured("docs/reliability.md", "scripts/kills",
                       f"{table}\n`{command}`; {processor()}.\n")
    sys.exit(1 if any(row["wrong"] for row in rows) else 0)


if __name__ == "__main__":
    run_script(main)
