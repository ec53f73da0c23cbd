"""The smallest whole use of each program, for tests that disturb it."""

import dataclasses
import json
import math
import os
import pathlib
import subprocess

from inputs import ROWS, TOKENS, write_tables
from stand_ins import write_apt
from train_cases import Case, metrics_of  # inputs.py says where

SIZES = ("--count 4 --super-batch 12 --chunks 2 --steps 2 --reference-steps 2 --eval-every 1 "
         "--checkpoint-every 1 --threads 1 --seeds 1").split()
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def write_inputs(folder):
    write_apt(folder)
    write_tables(folder)


def tables(kind, names=tuple(ROWS)):
    return [word for name in names for word in (f"--{name}", f"{name}{kind}")]


@dataclasses.dataclass
class Program:
    """One use of a program. `answer(folder)` is what it leaves, without what a clock measured."""
    name: str
    words: list
    answer: object  # of (folder, standard output)
    resumes: bool = False
    every: int = 1  # so many times fewer calls fail, where a run is slow or makes many
    again: list = dataclasses.field(default_factory=list)  # said when it is called once more

    def __post_init__(self):
        self.again = ["--resume"] if self.resumes else self.again


class _Compared(Case):
    def runTest(self):
        pass


def train_answer(folder, _):
    """Files of a run that a clock has no part in: compared by train_cases' own rules."""
    return folder / "out"


def probe_answer(folder, _):
    answer = json.loads((folder / "out/probe.json").read_bytes())
    return {key: value for key, value in answer.items() if "seconds" not in key and key not in ("command", "crc32")}


def select_answer(_, output):
    answer = json.loads(output)
    for name in [name for name in answer["statistics"] if name.endswith("ms")]:
        del answer["statistics"][name]
    return answer


def counts_answer(folder, output):
    answer = json.loads(output)
    counted = {key: value for key, value in answer.items() if "seconds" not in key}
    return counted, (folder / "losses.npy").read_bytes()


def data_answer(folder, output):
    """All that it wrote, and that nothing else is left."""
    files = {path.relative_to(folder): path.read_bytes()
             for path in (folder / "out").rglob("*") if path.is_file()}
    return files, output, os.listdir(folder / "tmp")


def same(program, answer, expected):
    """Whether two answers are the same, to the last bit of what was computed."""
    if not program.resumes:
        return answer == expected
    try:
        _Compared().assert_same_result(str(answer), str(expected))
    except AssertionError:
        return False
    return True


def near(program, answer, expected):
    """Whether metrics differ by rounding alone: a BLAS that is refused its buffer adds up otherwise."""
    if not program.resumes:
        return False
    names = sorted(name for name in os.listdir(expected) if (expected / name / "metrics.jsonl").exists())
    return all(numbers_near(metrics_of(answer / name), metrics_of(expected / name)) for name in names)


def numbers_near(one, other):
    if isinstance(other, dict):
        return one.keys() == other.keys() and all(numbers_near(one[key], other[key]) for key in other)
    if isinstance(other, list):
        return len(one) == len(other) and all(map(numbers_near, one, other))
    if isinstance(other, float) and isinstance(one, (int, float)):
        return math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-6)
    return one == other or isinstance(other, str)  # a checksum


def uses(binaries):
    text = ["--width", "2", "--hidden", "4", "--layers", "1", "--reference-width", "2",
            "--reference-hidden", "4"]
    labels = ["--channels", "1", "--hidden", "4", "--reference-channels", "1",
              "--reference-hidden", "4"]
    tokens = ["--length", str(TOKENS), "--layers", "1", "--hidden", "8", "--heads", "1"]
    probe = ["--count", "4", "--reference-steps", "2", "--reference-width", "8",
             "--reference-hidden", "8", "--threads", "1", "--map",
             str(ROOT / "docs/evidence/map.json")]
    train, select, data = (str(binaries / name) for name in ("jest-train", "jest-select", "jest-data"))
    arms = ["--arms", "uniform,independent"]
    return [
        Program("jest-train text", [train, "text", *tables(".safetensors"), *SIZES, *arms, *text,
                                    "--out", "out"], train_answer, resumes=True),
        Program("jest-train labels", [train, "labels", *tables("-labels.safetensors"), *SIZES,
                                      *arms, *labels, "--out", "out"], train_answer, resumes=True,
                every=4),
        Program("jest-train tokens", [train, "tokens", *tables(".bin"), *SIZES, *arms, *tokens,
                                      "--out", "out"], train_answer, resumes=True, every=4),
        Program("jest-train probe", [train, "probe", "pairs", *tables(".tsv", ("curated", "pool")),
                                     *probe, "--out", "out"], probe_answer, again=["--resume"]),
        Program("jest-train report", [train, "report", "finished"],
                lambda folder, _: (folder / "finished/report.html").read_bytes()),
        Program("jest-select", [select, "--learner", "learner-embeddings.safetensors",
                                "--reference", "reference-embeddings.safetensors", "--count", "6"],
                select_answer),
        Program("jest-select calibrate", [select, "calibrate", "--embeddings",
                                          "reference-embeddings.safetensors"],
                lambda _, output: json.loads(output)),
        Program("jest-select counts", [select, "counts", *tables(".tsv", ("curated", "pool")),
                                       "--out", "losses.npy"], counts_answer),
        Program("jest-data translations", [data, "translations", "--target", "de", "--out", "out"],
                data_answer),
        Program("jest-data fashion-mnist", [data, "fashion-mnist", "--out", "out"], data_answer),
        Program("jest-data debian-docs", [data, "debian-docs", "--out", "out"], data_answer),
        Program("jest-data token-texts", [data, "token-texts", "--corpus", "docs", "--vocabulary",
                                          "300", "--out", "out"], data_answer, every=4),
    ]


def environment(folder, **more):
    """Of a program in its folder, whose own apt-get it finds."""
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    quiet = dict(os.environ, OMP_NUM_THREADS="1", GOMP_SPINCOUNT="0", TERM="dumb", PATH=path,
                 TMPDIR=str(folder / "tmp"))
    return quiet | {name: str(value) for name, value in more.items()}


def execute(program, folder, *more, **variables):
    return subprocess.run([*program.words, *more], cwd=folder, capture_output=True, check=False,
                          env=environment(folder, **variables), timeout=120)
