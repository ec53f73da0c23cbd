"""The smallest whole use of each program, for tests that disturb it."""

import dataclasses
import json
import os
import pathlib
import random
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "programs"))
from train_cases import Case, content_of, summary_of
from train_tasks import safetensors

SIZES = ("--count 4 --super-batch 12 --chunks 2 --steps 2 --reference-steps 2 --eval-every 1 "
         "--checkpoint-every 1 --threads 1 --seeds 1").split()
ROWS = {"curated": (0, 40), "pool": (1000, 80), "eval": (5000, 12)}  # first id, rows


def byte_rows(name):
    first, rows = ROWS[name]
    generator = random.Random(name)
    arrays = {"bytes": ("U8", [rows, 16], bytes(generator.choices(b"abcd ", k=rows * 16))),
              "ids": ("I64", [rows], struct.pack(f"<{rows}q", *range(first, first + rows)))}
    return safetensors(arrays)


def pair_rows(name):
    first, rows = ROWS[name]
    generator = random.Random(name)
    lines = ["id\tx\ty"]
    for row in range(rows):
        words = [f"word{generator.randrange(30)}" for _ in range(3)]
        lines.append(f"{first + row}\t{' '.join(words)}\t{' '.join(words).upper()}")
    return ("\n".join(lines) + "\n").encode()


def embeddings(seed, rows=24, width=4):
    generator = random.Random(seed)
    arrays = {}
    for side in "xy":
        values = []
        for _ in range(rows):
            row = [generator.gauss(0, 1) for _ in range(width)]
            length = sum(v * v for v in row) ** 0.5
            values += [v / length for v in row]
        arrays[side] = ("F32", [rows, width], struct.pack(f"<{rows * width}f", *values))
    arrays["scale"] = ("F32", [], struct.pack("<f", 10))
    arrays["bias"] = ("F32", [], struct.pack("<f", -5))
    return safetensors(arrays)


def write_inputs(folder):
    for name in ROWS:
        (folder / f"{name}.safetensors").write_bytes(byte_rows(name))
        (folder / f"{name}.tsv").write_bytes(pair_rows(name))
    for seed, name in enumerate(("learner", "reference")):
        (folder / f"{name}-embeddings.safetensors").write_bytes(embeddings(seed))


def tables(kind):
    return [word for name in ROWS for word in (f"--{name}", f"{name}.{kind}")]


@dataclasses.dataclass
class Program:
    """One use of a program. `answer(folder)` is what it leaves, without what a clock measured."""
    name: str
    words: list
    answer: object  # of (folder, standard output)
    resumes: bool = False


class _Compared(Case):
    def runTest(self):
        pass


def train_answer(folder, _):
    """Files of a run that a clock has no part in: compared by train_cases' own rules."""
    return folder / "out"


def same(program, answer, expected):
    """Whether two answers are the same, to the last bit of what was computed."""
    if not program.resumes:
        return answer == expected
    try:
        _Compared().assert_same_result(str(answer), str(expected))
    except AssertionError:
        return False
    return True


def uses(binaries):
    text = ["--width", "2", "--hidden", "4", "--layers", "1", "--reference-width", "2",
            "--reference-hidden", "4"]
    pairs = ["--reference-width", "8", "--reference-hidden", "8"]
    train, select = str(binaries / "jest-train"), str(binaries / "jest-select")
    arms = ["--arms", "uniform,independent"]
    return [
        Program("jest-train text", [train, "text", *tables("safetensors"), *SIZES, *arms, *text,
                                    "--out", "out"], train_answer, resumes=True),
        Program("jest-train pairs", [train, "pairs", *tables("tsv"), *SIZES, *arms, *pairs,
                                     "--out", "out"], train_answer, resumes=True),
        Program("jest-train report", [train, "report", "finished"],
                lambda folder, _: (folder / "finished/report.html").read_bytes()),
        Program("jest-select", [select, "--learner", "learner-embeddings.safetensors",
                                "--reference", "reference-embeddings.safetensors", "--count", "6"],
                lambda _, output: output),
    ]


def environment(**more):
    quiet = dict(os.environ, OMP_NUM_THREADS="1", GOMP_SPINCOUNT="0", TERM="dumb")
    return quiet | {name: str(value) for name, value in more.items()}


def execute(program, folder, *more, **variables):
    return subprocess.run([*program.words, *more], cwd=folder, capture_output=True, check=False,
                          env=environment(**variables), timeout=120)
