"""What the tests of jest-train share: tables, ways to run it and to read what it leaves."""

import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
WORK = None  # a folder of this process, gone at the end

POOL_ROWS = 300
ARMS = ("uniform", "joint", "independent", "oracle:target", "uniform@equal-compute")
# f = 0.8: five candidates for each pair trained on.
SIZES = {"count": 8, "super-batch": 40, "chunks": 4, "threads": 1}
TINY = dict(SIZES, arms="joint", seeds=3, steps=4) | {
    "reference-steps": 3, "eval-every": 2, "checkpoint-every": 2}
SHORTEST = TINY | {"steps": 1, "reference-steps": 1}


def main():
    """Runs the tests of the script on the program that its first argument names."""
    global PROGRAM, WORK
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    with tempfile.TemporaryDirectory(prefix="jest-train-test-") as WORK:
        prepare()
        unittest.main()


def prepare():
    write_table("curated.tsv", 0, ["target"], 100)
    write_table("pool.tsv", 1000, ["target", "other", "other"], POOL_ROWS)
    write_table("eval.tsv", 5000, ["target"], 60)


def path(*names):
    return os.path.join(WORK, *names)


def words(given):
    return [word for name, value in given.items() if value is not None
            for word in ["--" + name, *values_of(value)]]


def values_of(value):
    if value is True:
        return []
    return map(str, value if isinstance(value, list) else [value])


def tables(**changes):
    return {"curated": path("curated.tsv"), "pool": path("pool.tsv"), "eval": path("eval.tsv"),
            **changes}


def execute(*arguments, **more):
    settings = {"capture_output": True, "timeout": 100, "check": False} | more
    return subprocess.run([PROGRAM, *arguments], **settings)


def pairs_arguments(out, given):
    return ["pairs"] + words(tables(out=out) | given)


def pairs(out, given, **more):
    return execute(*pairs_arguments(out, given), **more)


def start_pairs(out, given):
    return subprocess.Popen([PROGRAM, *pairs_arguments(out, given)], stderr=subprocess.DEVNULL)


def finished(done):
    """Gives back what execute gave, for a program that must have ended well."""
    if done.returncode != 0:
        raise AssertionError(f"exit status {done.returncode}: {done.stderr.decode()}")
    return done


def made_up_words(generator, count):
    return ["".join(generator.choice("bdfgklmnoprsaeiu") for _ in range(6)) for _ in range(count)]


def write_table(name, first_id, tags, rows):
    """x is a sentence in one made-up language, y its translation into another."""
    generator = random.Random(17)
    vocabulary = list(zip(made_up_words(generator, 60), made_up_words(generator, 60)))
    generator.seed(name)
    with open(path(name), "w", encoding="utf-8") as file:
        file.write("id\tx\ty\ttag\n")
        for row in range(rows):
            sentence = generator.choices(vocabulary, k=generator.randint(2, 6))
            x, y = (" ".join(side) for side in zip(*sentence))
            file.write(f"{first_id + row}\t{x}\t{y}\t{tags[row % len(tags)]}\n")


def write(content, *parts):
    with open(os.path.join(*parts), "wb") as file:
        file.write(content)


def read(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def tensors(*parts):
    """(layout, bytes) of a safetensors file, without its metadata."""
    content = read(*parts)
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    header.pop("__metadata__", None)
    return header, content[end:]


def changed(file, change=lambda metadata: None, data=lambda bytes_: bytes_):
    """A safetensors file with other metadata or data, and without a checksum of what it held."""
    end = 8 + struct.unpack("<Q", file[:8])[0]
    header = json.loads(file[8:end])
    header["__metadata__"].pop("jest_crc32")
    change(header["__metadata__"])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data(file[end:])


def summary_of(out):
    return json.loads(read(out, "summary.json"))


def metrics_of(folder):
    """All lines of metrics.jsonl, without what a clock or a meter measured."""
    lines = [json.loads(line) for line in read(folder, "metrics.jsonl").splitlines()]
    for line in lines:
        line.pop("seconds", None)
        line.pop("cpu_seconds", None)
        line.pop("joules", None)
        line.pop("selection_share", None)
        line.pop("crc32", None)
    return lines


def content_of(folder):
    """Every file below a folder, by relative name."""
    return {name: read(folder, name) for name in names_in(folder)}


def names_in(folder):
    return {os.path.relpath(os.path.join(where, name), folder)
            for where, _, names in os.walk(folder) for name in names}


def times_in(folder, names):
    return {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in names}


def folder_of(run):
    return f"{run['arm']}-seed{run['seed']}"


def run_flops(flops):
    return sum(flops[part] for part in ("learner_training", "learner_scoring",
                                        "reference_scoring"))


def without_measured(run):
    """Without what a clock or a meter measured."""
    if isinstance(run, list):
        return [without_measured(one) for one in run]
    if not isinstance(run, dict):
        return run
    return {key: without_measured(value) for key, value in run.items()
            if not key.endswith(("seconds", "seconds_once")) and key != "joules"}


class Case(unittest.TestCase):
    def error_line(self, done):
        """The program's own line; above it there may be lines of progress."""
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        errors = [line for line in done.stderr.decode().splitlines()
                  if line.startswith("jest-train: ")]
        self.assertEqual(len(errors), 1, done.stderr.decode())
        self.assertTrue(done.stderr.decode().endswith(errors[0] + "\n"))
        return errors[0]

    def refused(self, done, *mentions):
        line = self.error_line(done)
        self.assertEqual(done.stderr.decode(), line + "\n")
        self.assertEqual(done.stdout, b"")
        self.assertLess(len(line), 500)
        for mention in mentions:
            self.assertIn(mention, line)

    def assert_same_result(self, out, expected):
        runs, expected_runs = summary_of(out)["runs"], summary_of(expected)["runs"]
        self.assertEqual([without_measured(run) for run in runs],
                         [without_measured(run) for run in expected_runs])
        self.assertTrue(tensors(out, "reference.safetensors") ==
                        tensors(expected, "reference.safetensors"), "reference.safetensors")
        self.assert_same_metrics(out, expected, "reference")
        for run in runs:
            folder = folder_of(run)
            self.assertTrue(tensors(out, folder, "model.safetensors") ==
                            tensors(expected, folder, "model.safetensors"), folder)
            self.assert_same_metrics(out, expected, folder)

    def assert_same_metrics(self, out, expected, folder):
        lines = metrics_of(os.path.join(out, folder))
        expected_lines = metrics_of(os.path.join(expected, folder))
        self.assertEqual([(line["event"], line["step"]) for line in lines],
                         [(line["event"], line["step"]) for line in expected_lines], folder)
        self.assertEqual(lines, expected_lines)


class FolderCase(Case):
    """Each test has a folder of its own, out, that is not there yet and is removed afterwards."""

    def setUp(self):
        self.out = path("out")
        self.addCleanup(shutil.rmtree, self.out, ignore_errors=True)


class UndisturbedCase(FolderCase):
    """All tests of a class may look at what one run of GIVEN left in the folder undisturbed."""

    GIVEN = None

    @classmethod
    def setUpClass(cls):
        cls.undisturbed = path("undisturbed")
        cls.addClassCleanup(shutil.rmtree, cls.undisturbed, ignore_errors=True)
        finished(pairs(cls.undisturbed, cls.GIVEN))
