#!/usr/bin/env python3
"""The reader of safetensors against the format's reference, the package `safetensors` of Python: by
the package where it can be imported, else by what it said when the verdicts were recorded.

Usage: safetensors_reference_test.py SAFETENSORS_LIST [--record]
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import zlib

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from safetensors_cases import READ, REFUSED, STRICTER, seeded

try:
    from safetensors import SafetensorError, deserialize
except ImportError:
    deserialize = None

PROGRAM = ""
FILES = 1000
MORE_FILES = 10_000  # where the package itself can be asked
# A bit for each seed from 0, the first the lowest: whether version 0.8.0 read the file.
RECORDED = int("""b29a8000d450482416682d2ed028012c09aa2813d44a3056403ca83010249801c802312e650101004992107008
621ac382e0b206068ba4075002850766000ba6488208fc408010a1e6844802bc41a75d4800c7082902aa430a85
02920d1604bb81eb856148998356c8d0c5806262624a808008ab00cb895928a021e1""".replace("\n", ""), 16)
GENERATED = 0x26d51937  # CRC-32 of the files


def listed(contents):
    """What the program says of each of these files."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, f"{k}.safetensors") for k in range(len(contents))]
        for path, content in zip(paths, contents):
            with open(path, "wb") as file:
                file.write(content)
        done = subprocess.run([PROGRAM], input="\n".join(paths) + "\n", capture_output=True,
                              text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_package(content):
    """Arrays as the program lists them, or None where the package refuses."""
    try:
        arrays = deserialize(content)
    except SafetensorError:
        return None
    return {name: [array["dtype"], array["shape"], f"{zlib.crc32(array['data']):08x}"]
            for name, array in arrays}


def verdict_bits():
    return sum((by_package(seeded(seed)) is not None) << seed for seed in range(FILES))


class Verdicts(unittest.TestCase):
    def test_what_the_package_reads_is_read(self):
        for (name, content), said in zip(READ.items(), listed(READ.values())):
            with self.subTest(name):
                self.assertIn("arrays", said, said)
                if deserialize:
                    self.assertEqual(said["arrays"], by_package(content))

    def test_what_the_package_refuses_is_refused_by_the_name_of_its_fault(self):
        said = listed([content for content, _ in REFUSED.values()])
        for (name, (content, fault)), answer in zip(REFUSED.items(), said):
            with self.subTest(name):
                self.assertIn(fault, answer.get("refused", "read"))
                self.assertNotIn("\n", answer["refused"])
                if deserialize:
                    self.assertIsNone(by_package(content))

    def test_this_reader_is_stricter_where_it_says_so(self):
        said = listed([content for content, _ in STRICTER.values()])
        for (name, (content, fault)), answer in zip(STRICTER.items(), said):
            with self.subTest(name):
                self.assertIn(fault, answer.get("refused", "read"))
                if deserialize:
                    self.assertIsNotNone(by_package(content))


class Seeded(unittest.TestCase):
    """Files of a generator: well-formed ones, and ones with up to three faults."""

    @classmethod
    def setUpClass(cls):
        cls.contents = [seeded(seed) for seed in range(FILES)]
        cls.said = listed(cls.contents)

    def test_they_are_those_of_the_record(self):
        self.assertEqual(zlib.crc32(b"".join(self.contents)), GENERATED)
        if deserialize:
            self.assertEqual(verdict_bits(), RECORDED)

    def test_they_are_read_where_the_package_reads_them(self):
        read = 0
        for seed, said in enumerate(self.said):
            with self.subTest(seed=seed):
                package = bool(RECORDED >> seed & 1)
                self.assertEqual("arrays" in said, package, said)
                read += package
        self.assertGreater(read, FILES // 5)
        self.assertLess(read, FILES * 4 // 5)

    @unittest.skipUnless(deserialize, "no package safetensors in this Python")
    def test_what_is_read_is_what_the_package_reads(self):
        contents = [seeded(seed) for seed in range(MORE_FILES)]
        for seed, said in enumerate(listed(contents)):
            stricter = any(fault in said.get("refused", "") for _, fault in STRICTER.values())
            if not stricter:
                with self.subTest(seed=seed):
                    self.assertEqual(said.get("arrays"), by_package(contents[seed]), said)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    if sys.argv[1:] == ["--record"]:
        print(f"{verdict_bits():x}", zlib.crc32(b"".join(seeded(seed) for seed in range(FILES))))
    else:
        unittest.main()
