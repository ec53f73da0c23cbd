#!/usr/bin/env python3
"""Makes single system calls of the programs fail, one after the other, and looks at what follows.

usage: faults.py BINARIES [--every K] [--program NAME] [--kind KIND] [--docs]

BINARIES   folder of jest-train, jest-select and jest-data
--every    every K-th call of a kind instead of all; in turn which; of slow programs fewer (programs.py)
--program  of one program alone;  --kind  of one kind of call alone
--docs     write the table into docs/reliability.md, too

After each fault the program has either given the right answer, or said one line and stopped with
status 1; a run that is then resumed ends bit for bit like an undisturbed one.
"""

import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is left in the source tree
import programs

sys.path[:0] = [str(programs.ROOT / "tests/structure"), str(programs.ROOT / "scripts")]
from ending import Parser, run_script
from measured import markdown_table, processor, write_measured

HERE = pathlib.Path(__file__).resolve().parent
KINDS = ("open", "read", "write", "fsync", "rename", "mmap", "memory", "start", "child")


class Faults:
    """All faults of a set of programs, in a folder that is theirs."""

    def __init__(self, binaries, folder):
        self.folder = folder
        self.shim = folder / "shim.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.shim, HERE / "shim.c", "-ldl"],
                       check=True)
        self.inputs = folder / "inputs"
        self.inputs.mkdir()
        programs.write_inputs(self.inputs)
        self.uses = programs.uses(binaries)
        self.expected, self.notes = {}, {}
        self.counts = {}
        for program in self.uses:
            self.prepare(program)

    def prepare(self, program):
        """What an undisturbed run leaves, and how many calls of each kind it makes."""
        place = self.fresh(f"undisturbed {program.name}")
        counts = self.folder / "counts"
        done = programs.execute(program, place, LD_PRELOAD=self.shim, FAULT_UNDER=place,
                                FAULT_COUNTS=counts)
        if done.returncode != 0:
            raise AssertionError(f"{program.name}: {done.stderr.decode()}")
        self.expected[program.name] = program.answer(place, done.stdout)
        self.notes[program.name] = set(done.stderr.decode().splitlines())
        lines = counts.read_text(encoding="utf-8").splitlines()
        self.counts[program.name] = {kind: int(n) for kind, n in map(str.split, lines)}
        if program.name == "jest-train text":  # a report is of a finished run
            shutil.copytree(place / "out", self.inputs / "finished")

    def fresh(self, name):
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        return pathlib.Path(shutil.copytree(self.inputs, place))

    def inject(self, program, kind, at, always=False):
        """(outcome, what is wrong with it or nothing)"""
        place = self.fresh("disturbed")
        more = {"FAULT_ALWAYS": 1} if always else {}
        done = programs.execute(program, place, LD_PRELOAD=self.shim, FAULT_UNDER=place,
                                FAULT_KIND=kind, FAULT_AT=at, **more)
        if done.returncode == 0:
            if self.is_right(program, place, done):
                return "survived", None
            rounded = kind == "memory" and self.is_near(program, place, done)
            return "rounded", None if rounded else "status 0 and another answer"
        fault = self.fault_of_refusal(program, done)
        if fault:
            return "wrong", fault
        again = programs.execute(program, place, *program.again)
        if again.returncode != 0:
            return "named", f"does not go on: {again.stderr.decode()[-200:]}"
        right = self.is_right(program, place, again)
        return "named", None if right else "goes on to another answer"

    def is_right(self, program, place, done):
        try:
            answer = program.answer(place, done.stdout)
        except OSError as error:
            print(f"no answer: {error}", file=sys.stderr)
            return False
        return programs.same(program, answer, self.expected[program.name])

    def is_near(self, program, place, done):
        answer = program.answer(place, done.stdout)
        return programs.near(program, answer, self.expected[program.name])

    def fault_of_refusal(self, program, done):
        said = done.stderr.decode(errors="replace")
        if done.returncode != 1:
            return f"status {done.returncode}: {said[-300:]}"
        name = pathlib.Path(program.words[0]).name + ": "
        errors = [line for line in said.splitlines()
                  if line.startswith(name) and line not in self.notes[program.name]]
        if len(errors) != 1 or not said.endswith(errors[0] + "\n"):
            return f"not one line at the end: {said[-300:]}"
        return f"a line of {len(errors[0])} characters" if len(errors[0]) > 400 else None

    def moments(self, program, kind, every, offset):
        total = self.counts[program.name][kind]
        every *= program.every
        return range(1 + offset % every, total + 1, every) if every <= total else range(1, min(total, 1) + 1)

    def run(self, every=1, only_program=None, only_kind=None, tell=lambda line: None):
        """{(program, kind): Counter of outcomes}, and a list of what is wrong."""
        table, wrong = {}, []
        for program in self.uses:
            for offset, kind in enumerate(KINDS):
                if only_program not in (None, program.name) or only_kind not in (None, kind):
                    continue
                outcomes = collections.Counter()
                for at in self.moments(program, kind, every, offset):
                    for always in (False, True) if kind in ("write", "memory") else (False,):
                        outcome, fault = self.inject(program, kind, at, always)
                        outcomes["wrong" if fault else outcome] += 1
                        if fault:
                            name = f"{program.name}, {kind} {at}{' and later' * always}: {fault}"
                            wrong.append(name)
                            tell("WRONG " + name)
                table[program.name, kind] = outcomes
                tell(f"{program.name:<18} {kind:<7} " + ", ".join(
                    f"{count} {name}" for name, count in sorted(outcomes.items())))
        return table, wrong


def calls(every, uses):
    """Which calls failed, in words."""
    sampled = [f"of `{use.name}` every {every * use.every}th" for use in uses if use.every > 1]
    return ", ".join(["every call" if every == 1 else f"every {every}th call", *sampled])


def telling(table, every, uses):
    """A row a program and kind: faults, those that the program survived and those that it named."""
    rows = [[program, kind, sum(outcomes.values()), outcomes["survived"], outcomes["rounded"],
             outcomes["named"], outcomes["wrong"]] for (program, kind), outcomes in table.items() if outcomes]
    rows.append(["all", "", *(sum(row[k] for row in rows) for k in range(2, 7))])
    header = ["program", "call", "faults", "right answer", "rounded otherwise", "one line, then resumed",
              "wrong"]
    command = "scripts/faults" + ("" if every == 1 else f" --every {every}")
    return f"{markdown_table(header, rows)}\n`{command}`, {calls(every, uses)}; {processor()}.\n"


def main():
    parser = Parser(__doc__)
    parser.add("binaries", type=pathlib.Path)
    parser.add("--every", type=int, default=1)
    parser.add("--program")
    parser.add("--kind")
    parser.add("--docs", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jest-faults-") as folder:
        faults = Faults(options.binaries.resolve(), pathlib.Path(folder).resolve())
        table, wrong = faults.run(options.every, options.program, options.kind,
                                  lambda line: print(line, flush=True))
    total = sum(sum(outcomes.values()) for outcomes in table.values())
    print(f"{total} faults, {len(wrong)} wrong")
    if options.docs:
        write_measured("docs/reliability.md", "scripts/faults", telling(table, options.every, faults.uses))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    run_script(main)
