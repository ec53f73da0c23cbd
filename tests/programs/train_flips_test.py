#!/usr/bin/env python3
"""jest-train: one bit of a file of a run is another. Either it is refused, in a line that names file or
folder, or nothing reads it and the result is the same. Usage: train_flips_test.py JEST_TRAIN

JEST_FLIPS is how many bits of each file are tried (3); scripts/flips prints what came of them.
"""

import json
import os
import random
import shutil
import signal
import struct
import sys
import time
import zlib

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from train_cases import Case, execute, finished, main, names_in, path, read, summary_of, without_measured, write
from train_tasks import start, train, write_tables

FLIPS = int(os.environ.get("JEST_FLIPS", "3"))
GIVEN = {"arms": "uniform,independent", "seeds": 1, "steps": 6, "cache-reference": True}
RESUMED = GIVEN | {"resume": True}


def content_checksum(content):
    """jest_crc32 of a safetensors file as docs/formats.md has it, and what the file says."""
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    metadata = header.pop("__metadata__", {})
    said = metadata.pop("jest_crc32", None)
    pieces = [text.encode() + b"\0" for pair in sorted(metadata.items()) for text in pair]
    for name, array in sorted(header.items()):
        shape = ", ".join(map(str, array["shape"]))
        begin, stop = array["data_offsets"]
        pieces += [name.encode() + b"\0", f"{array['dtype']} [{shape}]".encode() + b"\0",
                   content[end + begin:end + stop]]
    return f"{zlib.crc32(b''.join(pieces)):08x}", said


def text_checksum(text):
    """crc32 of a JSON text, and what the text says."""
    start_of_text, _, said = text.rstrip().rpartition(b'"crc32":"')
    return f"{zlib.crc32(start_of_text):08x}", said.decode().removesuffix('"}')


def result_of(out):
    summary = without_measured(summary_of(out))
    for key in ("command", "crc32"):
        summary.pop(key, None)
    return summary


class Flips(Case):
    """A finished run, and one that was killed when it had a checkpoint."""

    @classmethod
    def setUpClass(cls):
        write_tables()
        cls.finished, cls.killed, cls.out = path("finished"), path("killed"), path("out")
        finished(train("text", cls.finished, GIVEN))
        cls.expected = result_of(cls.finished)
        while not cls.kill_with_a_checkpoint():
            shutil.rmtree(cls.killed)

    @classmethod
    def kill_with_a_checkpoint(cls):
        """Whether the run in the folder `killed` has one of the second arm, complete."""
        checkpoints = os.path.join(cls.killed, "independent-seed1", "checkpoints")
        with start("text", cls.killed, GIVEN) as process:
            while process.poll() is None and not os.path.exists(checkpoints):
                time.sleep(0.0005)
            time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        return any(name.endswith("/complete") and "step-" in name for name in names_in(cls.killed)
                   if name.startswith("independent-seed1"))

    def flipped(self, original, name, generator):
        """A copy of a run of which one bit of one file is another."""
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(original, self.out)
        content = bytearray(read(self.out, name))
        bit = generator.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        write(bytes(content), self.out, name)
        return bit

    def refused_or_same(self, done, name, bit):
        """Whether it was refused; a run that went on must have come to the same."""
        with self.subTest(file=name, bit=bit):
            if done.returncode != 0:
                self.assertIn(self.out, self.error_line(done))
                return True
            self.assertEqual(result_of(self.out), self.expected)
        return False

    @staticmethod
    def names(folder):
        """Of files that are whole and hold something."""
        return {name for name in names_in(folder)
                if ".tmp-" not in name and "writing-" not in name and read(folder, name)}

    def try_flips(self, original, names):
        generator = random.Random(11)
        for name in sorted(names):
            refused = 0
            for _ in range(FLIPS):
                bit = self.flipped(original, name, generator)
                refused += self.refused_or_same(train("text", self.out, RESUMED), name, bit)
            print(f"{os.path.basename(original):9} {name:62} {FLIPS:5} flips {refused:5} refused",
                  flush=True)
            if os.path.basename(name) in ("state.json", "tensors.safetensors", "run.json"):
                self.assertGreater(refused, 0, name)

    def test_in_a_finished_run_they_are_refused_or_not_read(self):
        names = self.names(self.finished)
        self.assertIn("reference_losses.safetensors", names)
        self.try_flips(self.finished, names)

    def test_in_a_killed_run_they_are_refused_or_not_read(self):
        self.try_flips(self.killed, self.names(self.killed))

    def test_in_what_a_report_reads_they_are_refused_or_not_read(self):
        generator = random.Random(12)
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.finished, self.out)
        finished(execute("report", self.out))
        page = read(self.out, "report.html")
        for name in ("summary.json", "uniform-seed1/metrics.jsonl"):
            refused = 0
            for _ in range(FLIPS):
                bit = self.flipped(self.finished, name, generator)
                done = execute("report", self.out)
                refused += done.returncode != 0
                with self.subTest(file=name, bit=bit):
                    if done.returncode != 0:
                        self.assertIn(os.path.basename(name), self.error_line(done))
                    else:
                        self.assertTrue(read(self.out, "report.html") == page)
            print(f"report    {name:62} {FLIPS:5} flips {refused:5} refused", flush=True)

    def test_checksums_are_as_documented(self):
        for name in self.names(self.finished) | self.names(self.killed):
            where = self.finished if os.path.exists(os.path.join(self.finished, name)) else self.killed
            content = read(where, name)
            with self.subTest(name):
                if name.endswith(".safetensors"):
                    self.assertEqual(*content_checksum(content))
                elif os.path.basename(name) in ("summary.json", "state.json"):
                    self.assertEqual(*text_checksum(content))
                elif name.endswith(".jsonl"):
                    for line in content[:content.rindex(b"\n") + 1].splitlines():
                        self.assertEqual(*text_checksum(line))


if __name__ == "__main__":
    main()
