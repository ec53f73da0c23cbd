#!/usr/bin/env python3
"""Commands of the pages of docs run, as they stand there, on made-up files of the names they mention.
Usage: shell_test.py FOLDER_OF_PROGRAMS

jest-train is given a configuration with small sizes, which the commands leave open. What installs or builds
is walked through with stand-ins: tests of packages and of the consumer do it for real.
"""

import json
import pathlib
import random
import re
import struct
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import shell_cases
import train_tokens_test
from shell_cases import ROOT, ShellCase, npy_content, unit_rows
from npy_files import npy, read_npy
from train_tasks import safetensors


class Installing(ShellCase):
    def test_build(self):
        self.stub(self.place / "scripts/setup",
                  f'mkdir -p build/release/bin; ln -s "{shell_cases.BIN}/jest-train" build/release/bin')
        self.assertRegex(self.run_page(), r"^\d+\.\d+\.\d+\n$")
        self.assertEqual(self.calls(), ["setup"])
        self.assertIn("preset=${1:-release}", (ROOT / "scripts/setup").read_text(encoding="utf-8"))

    def test_installation(self):
        self.stub(self.place / "scripts/setup", "")
        self.stub(self.bin / "cmake", "")
        self.run_page()
        self.assertEqual(self.calls(), ["setup library", "cmake --install build/library --prefix PREFIX"])
        presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))
        self.assertIn("library", {preset["name"] for preset in presets["configurePresets"]})

    def test_python_install(self):
        self.stub(self.bin / "sudo", "")
        self.stub(self.bin / "python3", f'mkdir -p venv/bin; ln -s "{self.bin}/pip" venv/bin/pip')
        self.stub(self.bin / "pip", "")
        self.run_page()
        apt, venv, pip = self.calls()
        self.assertEqual((venv, pip), ("python3 -m venv venv", "pip install ."))
        listed = {name for file in (ROOT / "scripts").glob("packages*.txt")
                  for name in file.read_text(encoding="utf-8").split()}
        packages = set(re.findall(r"(?<= )[a-z][\w+.-]*", apt)) - {"apt-get", "install"}
        self.assertLessEqual(packages, listed)
        self.assertGreater(len(packages), 5)
        self.assertTrue((ROOT / "pyproject.toml").is_file())


class LanguageModel(ShellCase):
    def setUp(self):
        super().setUp()
        self.put_programs()
        generator = random.Random(3)
        for name, rows, letters in (("curated", 300, "abcd "), ("held-out", 20, "abcd "),
                                    ("crawl", 200, "abcdefghijklmnop ")):
            self.write(f"{name}.txt", "".join(generator.choices(letters, k=128 * rows + 7)).encode())

    def test_losses(self):
        for seed, name in enumerate(("mine", "other")):
            losses = [abs(row[0]) for row in unit_rows(1100, 2, seed)]
            self.write(f"{name}.npy", npy("F32", (1100,), losses))
        self.run_page()
        self.check_positions()

    def test_text_tables(self):
        self.run_page()
        self.assertEqual({path.name for path in (self.place / "tables").iterdir()},
                         {"curated.safetensors", "pool.safetensors", "eval.safetensors"})

    def test_text_probe(self):
        self.run_page("test_text_tables")
        self.run_page()
        self.assertTrue((self.place / "probe/probe.json").is_file())

    def test_text_run(self):
        self.run_page("test_text_tables")
        self.assertRegex(self.run_page(), r"cascade +4 ")
        self.check_run(("uniform", "cascade"))


    def test_text_rivals(self):
        self.run_page("test_text_tables")
        said = self.run_page()
        for arm in ("uniform", "curated", "mixed", "filter:0.1:mixed"):
            self.assertRegex(said, rf"(?m)^{re.escape(arm)} +4 ")


class Counts(ShellCase):
    """The commands of docs/counts.md."""

    def setUp(self):
        super().setUp()
        self.put_programs()
        generator = random.Random(3)
        texts = {name: ["".join(generator.choices(letters, k=30)) for _ in range(rows)]
                 for name, rows, letters in (("curated", 60, "abcd "), ("pool", 1100, "abcdefgh "))}
        for name, rows in texts.items():
            self.write(f"{name}.txt", "".join(text + "\n" for text in rows).encode())
        self.write("pool.jsonl", "".join(json.dumps({"text": text}) + "\n"
                                         for text in texts["pool"]).encode())

    def test_count_guide(self):
        answers = [json.loads(line) for line in self.run_page().splitlines()]
        self.assertEqual([answer["pool"] for answer in answers], [1100, 1100])
        self.check_positions()
        self.assertTrue((self.place / "losses.safetensors").is_file())

    def put_tables(self):
        generator = random.Random(5)
        for first, (name, rows) in enumerate((("curated", 60), ("pool", 200), ("eval", 20))):
            ids = struct.pack(f"<{rows}q", *range(1000 * first, 1000 * first + rows))
            content = bytes(generator.choices(b"abcd ", k=64 * rows))
            self.write(f"tables/{name}.safetensors", safetensors(
                {"bytes": ("U8", [rows, 64], content), "ids": ("I64", [rows], ids)}))

    def test_reference_counts(self):
        self.put_tables()
        self.run_page()
        summary = json.loads((self.place / "run/summary.json").read_text(encoding="utf-8"))
        self.assertEqual(summary["reference"]["counts"], "hashed bytes")
        self.assertTrue((self.place / "run/counts_hashed_bytes.safetensors").is_file())

    def test_train_by_counts(self):
        self.put_tables()
        self.run_page()
        summary = json.loads((self.place / "run/summary.json").read_text(encoding="utf-8"))
        self.assertIn("cascade", json.dumps(summary))


class Tokens(ShellCase):
    def setUp(self):
        super().setUp()
        self.put_programs()
        self.write("spiece.model", train_tokens_test.sentencepiece_model())
        generator = random.Random(3)
        for name, rows, letters in (("curated", 60, "abcd "), ("pool", 200, "abcde "), ("eval", 20, "abcd ")):
            texts = ("".join(generator.choices(letters, k=30)) for _ in range(rows))
            self.write(f"{name}.jsonl",
                       "".join(json.dumps({"text": text}) + "\n" for text in texts).encode())

    def test_one_token_file(self):
        self.assertEqual(json.loads(self.run_page())["document_end"], 2)

    def test_tokens(self):
        ends = [json.loads(line)["document_end"] for line in self.run_page().splitlines()]
        self.assertEqual(ends, [2, 2, 2])

    def test_tokens_run(self):
        self.run_page("test_tokens")
        subprocess.run([shell_cases.BIN / "jest-train", "tokens", "--curated", "curated.bin", "--pool",
                        "pool.bin", "--eval", "eval.bin", "--out", "made", "--steps", "1", "--hidden", "16",
                        "--heads", "2", "--arms", "uniform", "--reference-steps", "1",
                        "--count", "8", "--super-batch", "40"],
                       cwd=self.place, check=True, capture_output=True)
        (self.place / "made/uniform-seed1").rename(self.place / "GUIDE")
        self.assertRegex(self.run_page(), r"rho-loss +4 ")
        self.check_run(("uniform", "rho-loss"))


class Images(ShellCase):
    def setUp(self):
        super().setUp()
        self.put_programs()

    def write_lists(self):
        from PIL import Image
        generator = random.Random(5)
        captions = [f"a block in row {k // 4}, column {k % 4}" for k in range(16)]
        for k in range(16):
            picture = Image.new("RGB", (40, 40))
            picture.paste((255, 255, 255), (k % 4 * 10, k // 4 * 10, k % 4 * 10 + 10, k // 4 * 10 + 10))
            picture.save(self.place / f"{k}.png")
        for name, rows in (("curated", 40), ("crawl", 200), ("held-out", 16)):
            kinds = [generator.randrange(16) for _ in range(rows)] if rows != 16 else range(16)
            self.write(f"{name}.tsv", "".join(f"{k}.png\t{captions[k]}\n" for k in kinds).encode())
        return captions

    def test_embeddings(self):
        self.write_clip_retrieval("pool", 1100)
        self.write_clip_retrieval("curated", 50)
        self.run_page()
        self.check_positions()

    def test_two_models(self):
        for seed, name in enumerate(("learner", "reference")):
            sides = [[value for row in unit_rows(1100, 8, 2 * seed + k) for value in row] for k in (0, 1)]
            arrays = {side: ("F32", [1100, 8], npy_content(values)) for side, values in zip("xy", sides)}
            numbers = {"scale": ("F32", [], npy_content([10.0])), "bias": ("F32", [], npy_content([-5.0]))}
            self.write(f"{name}.safetensors", safetensors(arrays | numbers))
        self.run_page()
        self.check_positions()

    def test_image_tables(self):
        try:
            captions = self.write_lists()
        except ImportError:
            self.skipTest("no Pillow in this Python (scripts/docs)")
        self.run_page()
        names = (self.place / "tables/names.txt").read_text(encoding="utf-8").splitlines()
        self.assertEqual(names, sorted(captions))

    def test_image_run(self):
        try:
            self.write_lists()
        except ImportError:
            self.skipTest("no Pillow in this Python (scripts/docs)")
        self.run_page("test_image_tables")
        self.assertRegex(self.run_page(), r"joint +4 ")
        self.check_run(("uniform", "joint", "cascade"))


class Cached(ShellCase):
    """The commands of docs/cached.md."""

    def setUp(self):
        super().setUp()
        self.put_programs()

    def test_pick_from_a_pool(self):
        rows = 20100
        self.write_clip_retrieval("POOL", rows)
        self.write_clip_retrieval("CURATED", 50)
        uids = [number for row in range(rows) for number in (row, 7 * row)]
        self.write("uids.npy", npy("UIDS", (rows,), uids))
        self.run_page()
        descr, shape, content = read_npy(self.place / "picked.npy")
        self.assertEqual((shape, len(content)), ((20000,), 16 * 20000))
        self.assertIn("<u8", str(descr))

    def test_calibrate(self):
        x = self.write_npy("curated-x.npy", 50, 1)
        self.write_npy("curated-y.npy", 50, 2, first=x[:40])
        self.assertEqual(json.loads(self.run_page())["pairs"], 50)

    def test_train_by_a_cached_guide(self):
        first = {"curated": 0, "pool": 100, "eval": 1000}
        rows = {"curated": 60, "pool": 300, "eval": 40}
        for name, count in rows.items():
            lines = [f"{first[name] + k}\tword{k % 50} one{k % 7}\tmot{k % 50} un{k % 7}" for k in range(count)]
            self.write(f"{name}.tsv", "\n".join(["id\tx\ty", *lines, ""]).encode())
        ids = [first[name] + k for name in ("pool", "curated") for k in range(rows[name])]
        x = self.write_npy("pool-x.npy", len(ids), 1)
        self.write_npy("pool-y.npy", len(ids), 2, first=x[:350])
        self.write("ids.npy", npy("I64", (len(ids),), ids))
        self.assertRegex(self.run_page(), r"cascade +4 ")


class Claims(unittest.TestCase):
    def test_every_test_here_runs_one_block(self):
        methods = {name for case in (Installing, LanguageModel, Counts, Tokens, Images, Cached)
                   for name in vars(case) if name.startswith("test_")}
        self.assertEqual({name: len(found) for name, found in ShellCase.COMMANDS.items()},
                         dict.fromkeys(methods, 1))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    shell_cases.BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
