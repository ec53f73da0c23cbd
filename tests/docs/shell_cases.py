"""What the test of the commands of the pages shares: the commands, programs with small sizes, files."""

import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/structure"), str(ROOT / "tests/programs")]
from npy_files import npy, read_npy
from tree_rules import tested_commands

BIN = None  # set by the test's main
TEST = "tests/docs/shell_test.py"
SIZES = {"steps": 4, "count": 8, "super-batch": 40, "cascade-from": 80, "cascade-to": 16}
TEXT = {"reference-width": 4, "reference-hidden": 8}
# Of each command of jest-train: the table of its configuration.
SMALL = {
    "text": ("text", SIZES | TEXT | {"width": 4, "hidden": 8, "reference-steps": 3}),
    "probe": ("probe.text", TEXT | {"count": 8, "reference-steps": 3,
                                    "map": str(ROOT / "docs/evidence/map.json")}),
    "images": ("images", SIZES | {"channels": 2, "hidden": 8, "reference-channels": 2,
                                  "reference-hidden": 8, "reference-steps": 3}),
    "pairs": ("pairs", SIZES),
    "tokens": ("tokens", SIZES | {"length": 32, "reference-steps": 3, "hidden": 16, "heads": 2,
                                  "layers": 1}),
}


def commands_by_test():
    found = {}
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for file, test, code in tested_commands(page.read_text(encoding="utf-8")):
            if file == TEST:
                found.setdefault(test, []).append(code)
    return found


def unit_rows(rows, width, seed):
    generator = random.Random(seed)
    for _ in range(rows):
        row = [generator.gauss(0, 1) for _ in range(width)]
        length = math.hypot(*row)
        yield [value / length for value in row]


class ShellCase(unittest.TestCase):
    COMMANDS = commands_by_test()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="jest-docs-test-")
        self.addCleanup(folder.cleanup)
        self.place = pathlib.Path(folder.name).resolve() / "place"
        self.bin = self.place.parent / "bin"
        for made in (self.place, self.bin):
            made.mkdir()
        for name in ("examples", "docs"):
            (self.place / name).symlink_to(ROOT / name)

    def stub(self, path, further):
        """A command that notes how it was called."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/bash\necho "{path.name}" "$@" >> "{self.bin}/calls"\n{further}\n',
                        encoding="utf-8")
        path.chmod(0o755)

    def calls(self):
        return (self.bin / "calls").read_text(encoding="utf-8").splitlines()

    def put_programs(self):
        for command, (table, options) in SMALL.items():
            lines = [f"{name} = {json.dumps(value)}" for name, value in options.items()]
            (self.bin / f"{command}.toml").write_text("\n".join([f"[{table}]", *lines, "threads = 1\n"]),
                                                      encoding="utf-8")
        self.put("jest-tokens", f'exec "{BIN}/jest-tokens" "$@"')
        self.put("jest-select", f'exec "{BIN}/jest-select" "$@"')
        self.put("python3", f'exec "{sys.executable}" -B "$@"')
        self.put("jest-train", f'small="{self.bin}/$1.toml"\n'
                 f'[ ! -f "$small" ] || set -- --config "$small" "$@"\nexec "{BIN}/jest-train" "$@"')

    def put(self, name, line):
        (self.bin / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def run_page(self, test=None):
        """What the commands print that name this test."""
        (code,) = self.COMMANDS[test or self.id().rpartition(".")[2]]
        path = os.pathsep.join([str(self.bin), os.environ["PATH"]])
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], cwd=self.place,
                              env=os.environ | {"PATH": path}, capture_output=True, text=True,
                              timeout=300, check=False)
        self.assertEqual(done.returncode, 0, code + done.stderr)
        return done.stdout

    def write(self, name, content):
        (self.place / name).parent.mkdir(parents=True, exist_ok=True)
        (self.place / name).write_bytes(content)

    def write_npy(self, name, rows, seed, width=8, first=()):
        values = [*first, *unit_rows(rows - len(first), width, seed)]
        self.write(name, npy("F32", (rows, width), [value for row in values for value in row]))
        return values

    def write_clip_retrieval(self, name, rows):
        for k, side in enumerate(("img_emb", "text_emb")):
            self.write_npy(f"{name}/{side}/{side}_0.npy", rows, rows + k)

    def check_positions(self):
        descr, shape, _ = read_npy(self.place / "picked.npy")
        self.assertEqual((descr, shape), ("<i8", (1000,)))

    def check_run(self, arms):
        for arm in arms:
            self.assertTrue((self.place / f"run/{arm}-seed1/model.safetensors").is_file(), arm)
            self.assertTrue(list(self.place.glob(f"run/{arm}-seed1/*tfevents*")), arm)
        self.assertIn("<html", (self.place / "run/report.html").read_text(encoding="utf-8"))


def npy_content(values):
    return npy("F32", (len(values),), values)[-4 * len(values):]
