"""The smallest whole use of each program, for tests that disturb it."""

import dataclasses
import gzip
import json
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "programs"))
from train_cases import Case, metrics_of
from train_tasks import safetensors

SIZES = ("--count 4 --super-batch 12 --chunks 2 --steps 2 --reference-steps 2 --eval-every 1 "
         "--checkpoint-every 1 --threads 1 --seeds 1").split()
ROWS = {"curated": (0, 40), "pool": (1000, 80), "eval": (5000, 12)}  # first id, rows
CURATED_PAIRS = 260  # a probe holds out a fifth, at least 50
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def byte_rows(name):
    first, rows = ROWS[name]
    generator = random.Random(name)
    arrays = {"bytes": ("U8", [rows, 16], bytes(generator.choices(b"abcd ", k=rows * 16))),
              "ids": ("I64", [rows], struct.pack(f"<{rows}q", *range(first, first + rows)))}
    return safetensors(arrays)


def pair_rows(name):
    first, rows = ROWS[name]
    rows = CURATED_PAIRS if name == "curated" else rows
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


# What jest-data calls: apt-get hands over what is prepared, wherever it is told to.
APT_GET = """#!/bin/sh
prepared=$(dirname "$0")/../apt
case $3 in
  update) cp "$prepared"/lists/* "$(dirname "$2")/lists" ;;
  download) cp "$prepared"/packages/*.deb . ;;
esac
"""
APT_CACHE = "#!/bin/sh\necho dataset-fashion-mnist\n"
LANGUAGES = "en it da fr de sk pt_BR ja ko uk pl ru es cs pt zh_CN fi".split()
PICTURES = {"train": 3020, "t10k": 12}  # 3,000 become the curated ones


def descriptions(language):
    """apt's index of the descriptions of some packages; the English ones have an origin."""
    records = []
    for k in range(60):
        words = " ".join(f"{language}{(k + 7 * j) % 97}word" for j in range(12))
        records.append(f"Package: p{chr(97 + k % 26)}{chr(97 + k // 26)}\nDescription-md5: {k:032x}\n"
                       f"Description-{language}: {words}\n")
    return "\n".join(records)


def idx(*sizes):
    """An IDX array of bytes, gzipped, as the pictures' package holds them."""
    count = math.prod(sizes)
    content = bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)
    return gzip.compress(content + bytes(k % 10 for k in range(count)), mtime=0)


def write_pictures(folder):
    """The package of pictures, in small."""
    tree = folder / "tree"
    place = tree / "usr/share/datasets/fashion-mnist"
    place.mkdir(parents=True)
    for part, count in PICTURES.items():
        (place / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(count, 28, 28))
        (place / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(count))
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        "Package: dataset-fashion-mnist\nVersion: 1\nArchitecture: all\nMaintainer: no <no@no>\n"
        "Description: pictures\n", encoding="utf-8")
    (folder / "packages").mkdir()
    subprocess.run(["dpkg-deb", "--build", tree, folder / "packages/dataset-fashion-mnist_1_all.deb"],
                   check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)


def write_apt(folder):
    (folder / "apt/lists").mkdir(parents=True)
    for language in LANGUAGES:
        (folder / f"apt/lists/mirror_dists_stable_main_i18n_Translation-{language}").write_text(
            descriptions(language), encoding="utf-8")
    write_pictures(folder / "apt")
    (folder / "bin").mkdir()
    for name, script in (("apt-get", APT_GET), ("apt-cache", APT_CACHE)):
        (folder / "bin" / name).write_text(script, encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    (folder / "tmp").mkdir()


def write_inputs(folder):
    write_apt(folder)
    for name in ROWS:
        (folder / f"{name}.safetensors").write_bytes(byte_rows(name))
        (folder / f"{name}.tsv").write_bytes(pair_rows(name))
        (folder / f"{name}-labels.safetensors").write_bytes(label_rows(name))
    (folder / "names.txt").write_text("cat\ndog\n", encoding="utf-8")
    for seed, name in enumerate(("learner", "reference")):
        (folder / f"{name}-embeddings.safetensors").write_bytes(embeddings(seed))


def tables(kind, names=tuple(ROWS)):
    return [word for name in names for word in (f"--{name}", f"{name}{kind}")]


@dataclasses.dataclass
class Program:
    """One use of a program. `answer(folder)` is what it leaves, without what a clock measured."""
    name: str
    words: list
    answer: object  # of (folder, standard output)
    resumes: bool = False
    again: list = dataclasses.field(default_factory=list)  # said when it is called once more

    def __post_init__(self):
        self.again = ["--resume"] if self.resumes else self.again


class _Compared(Case):
    def runTest(self):
        pass


def label_rows(name):
    first, rows = ROWS[name]
    generator = random.Random(name)
    arrays = {"images": ("U8", [rows, 16, 16], bytes(generator.choices(range(256), k=rows * 256))),
              "names": ("I32", [rows], struct.pack(f"<{rows}i", *(k % 2 for k in range(rows)))),
              "ids": ("I64", [rows], struct.pack(f"<{rows}q", *range(first, first + rows)))}
    return safetensors(arrays)


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


def data_answer(folder, output):
    """All that it wrote, and that nothing else is left."""
    files = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
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
    probe = ["--count", "4", "--reference-steps", "2", "--reference-width", "8",
             "--reference-hidden", "8", "--threads", "1", "--map",
             str(ROOT / "docs/evidence/map.json")]
    train, select, data = (str(binaries / name) for name in ("jest-train", "jest-select", "jest-data"))
    arms = ["--arms", "uniform,independent"]
    return [
        Program("jest-train text", [train, "text", *tables(".safetensors"), *SIZES, *arms, *text,
                                    "--out", "out"], train_answer, resumes=True),
        Program("jest-train labels", [train, "labels", *tables("-labels.safetensors"), *SIZES,
                                      *arms, *labels, "--out", "out"], train_answer, resumes=True),
        Program("jest-train probe", [train, "probe", "pairs", *tables(".tsv", ("curated", "pool")),
                                     *probe, "--out", "out"], probe_answer, again=["--resume"]),
        Program("jest-train report", [train, "report", "finished"],
                lambda folder, _: (folder / "finished/report.html").read_bytes()),
        Program("jest-select", [select, "--learner", "learner-embeddings.safetensors",
                                "--reference", "reference-embeddings.safetensors", "--count", "6"],
                select_answer),
        Program("jest-data translations", [data, "translations", "--target", "de", "--out", "out"],
                data_answer),
        Program("jest-data fashion-mnist", [data, "fashion-mnist", "--out", "out"], data_answer),
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
