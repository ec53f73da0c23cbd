#!/usr/bin/env python3
"""What PackagedModel says of packages that it must not load. Usage: packaged_refusals_test.py PACKAGED_RUN

None of these packages has code: one that passes every check is refused by the loader.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
FOLDER = "guide/data/aotinductor/model"
LIBTORCH = "2.11"
SIGNATURE = {"inputs": [{"dtype": "int64", "shape": ["n", 4]}], "ranges": {"n": [2, None]}}
METADATA = {"AOTI_DEVICE_KEY": "cpu", "jest_kind": "embed", "jest_torch": f"{LIBTORCH}.0+cpu",
            "jest_signature": json.dumps(SIGNATURE), "jest_scale": "1", "jest_bias": "0"}
PROGRAM = ""


def write_package(path, metadata, files=("code.so",), **how):
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name in files:
            archive.writestr(f"{FOLDER}/{name}", b"no code at all")
        if metadata is not None:
            archive.writestr(f"{FOLDER}/code_metadata.json", json.dumps(metadata))


class Refusals(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "guide.pt2"

    def refusal(self, kind="embed"):
        done = subprocess.run([PROGRAM, str(self.path), kind], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, ""), done)
        self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
        self.assertIn(self.path.name, done.stdout)
        return done.stdout

    def test_files_that_are_no_package(self):
        self.assertIn("No such file", self.refusal())
        self.path.write_bytes(b"hello")
        self.assertIn("got another file", self.refusal())
        write_package(self.path, METADATA, files=("code.cpp",))
        self.assertIn("a package of one compiled model", self.refusal())
        write_package(self.path, METADATA, files=("code.so", "more.so"))
        self.assertIn("an archive with 2", self.refusal())
        write_package(self.path, METADATA, compression=zipfile.ZIP_DEFLATED)
        self.assertIn("got compressed", self.refusal())

    def test_metadata(self):
        write_package(self.path, None)
        self.assertIn("got one without metadata", self.refusal())
        write_package(self.path, ["embed"])
        self.assertIn("expected metadata that are strings by names", self.refusal())
        for changed, mention in (
                ({"jest_kind": "losses"}, "kind 'embed' (metadata jest_kind), got 'losses'"),
                ({"jest_kind": None}, "kind 'embed' (metadata jest_kind), got 'none'"),
                ({"jest_torch": "2.15.0+cu130"}, "got one made by 2.15.0+cu130"),
                ({"jest_torch": "3.11.0"}, f"made by PyTorch {LIBTORCH}"),
                ({"jest_torch": None}, "does not say by which"),
                ({"jest_signature": None}, "metadata jest_signature"),
                ({"jest_signature": "[]"}, "metadata jest_signature"),
                ({"jest_signature": "{\"inputs\": [{}], \"ranges\": {}}"}, "metadata jest_signature"),
                ({"AOTI_DEVICE_KEY": "tpu"}, "expected cpu, cuda or cuda:N, got 'tpu'")):
            with self.subTest(changed):
                metadata = {k: v for k, v in (METADATA | changed).items() if v is not None}
                write_package(self.path, metadata)
                self.assertIn(mention, self.refusal())
        write_package(self.path, METADATA | {"jest_kind": "losses"})
        self.assertNotIn("jest_kind", self.refusal("losses"))

    def test_a_package_that_passes_every_check_is_refused_by_the_loader(self):
        write_package(self.path, METADATA)
        self.assertIn("expected a package that can be loaded", self.refusal())

    def test_flipped_and_missing_bytes(self):
        write_package(self.path, METADATA)
        content = self.path.read_bytes()
        self.assertIn("than its CRC-32 says", self.flipped(content, content.index(b"no code")))
        self.assertIn("than its CRC-32 says", self.flipped(content, content.index(b"jest_kind")))
        places = random.Random(1)
        for _ in range(20):
            place = places.randrange(len(content))
            with self.subTest(place=place):
                self.flipped(content, place)
                self.path.write_bytes(content[:place])
                self.refusal()

    def flipped(self, content, place):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        self.path.write_bytes(changed)
        return self.refusal()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
