#!/usr/bin/env python3
"""What jest-train refuses, before it writes. Usage: train_refusals_test.py JEST_TRAIN"""

import json
import os
import random
import shutil
import struct
import subprocess
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from train_cases import (ARMS, POOL_ROWS, SHORTEST, SIZES, TINY, FolderCase, content_of, execute,
                         main, pairs, path, write)


def write_safetensors(name, metadata):
    header = json.dumps({"__metadata__": metadata}).encode()
    write(struct.pack("<Q", len(header)) + header, path(name))
    return path(name)


class Refusals(FolderCase):
    def expect(self, given, *mentions):
        with self.subTest(given):
            try:
                self.refused(pairs(self.out, SHORTEST | given), *mentions)
                self.assertFalse(os.path.exists(self.out), "something was written")
            finally:
                shutil.rmtree(self.out, ignore_errors=True)

    def test_sizes_that_do_not_fit(self):
        self.expect({"count": 41}, "--super-batch", "41", "40")
        self.expect({"chunks": 9}, "--chunks", "9", "8")
        self.expect({"super-batch": POOL_ROWS + 1}, "--pool", "301", "300")
        self.expect({"count": 101, "super-batch": 200, "arms": "uniform"}, "--curated", "101",
                    "100")

    def test_models_beyond_all_memory(self):
        for option in ("reference-width", "reference-hidden"):
            for size in ("1000000000000", "9223372036854775807"):
                self.expect({option: size}, "--" + option, "GiB of memory")

    def test_numbers_that_are_none_or_out_of_range(self):
        generator = random.Random(29)
        for option in ("count", "super-batch", "chunks", "steps", "reference-steps", "eval-every",
                       "checkpoint-every"):
            self.expect({option: generator.choice(("0", "-1"))}, "--" + option)
        for option, values in {"count": ("8x", "", "010", "0x8"),
                               "steps": ("1e9999", "5000000000", "0500"),
                               "seeds": ("-1", "x", "1,-2", "99999999999999999999"),
                               "gain": ("nan", "-1"), "learning-rate": ("0", "inf"),
                               "bias": ("nan",), "threads": ("-1", "2000000000"),
                               "eval-every": ("0%", "101%", "5%x")}.items():
            for value in values:
                self.expect({option: value}, "--" + option)
        self.expect({"count": "9" * 20}, "--count", "64 bits")

    def test_devices_and_precisions(self):
        self.expect({"device": "tpu"}, "cpu, cuda or cuda:N", "tpu")
        self.expect({"device": "cuda:99"}, "device cuda:99: expected")
        self.expect({"precision": "float16"}, "--precision", "bfloat16", "float16")
        self.expect({"backend": "cuda"}, "--backend", "--device cpu")

    def test_an_empty_seed(self):
        self.expect({"seeds": ""}, "--seeds")

    def test_interactions(self):
        for value in ("abc", "1@-3", "", "@3", "nan"):
            self.expect({"interaction": value}, "--interaction")

    def test_arms_and_seeds(self):
        self.expect({"arms": "jiont"}, "--arms", "jiont", *ARMS[:3], ARMS[4], "mean-field",
                    "oracle:TAG")
        self.expect({"arms": "oracle:"}, "--arms", "oracle:TAG")
        self.expect({"arms": "joint,uniform,joint"}, "--arms", "joint")
        self.expect({"seeds": "1,2,1"}, "--seeds")
        self.expect({"arms": "oracle:absent"}, "oracle:absent")

    def test_options_of_an_arm(self):
        self.expect({"arms": "joint:bogus=3"}, "joint:bogus=3", "cascade-to", "bogus")
        self.expect({"arms": "joint:steps=many"}, "joint:steps=many", "steps=NUMBER", "many")
        self.expect({"arms": "joint:steps=0"}, "--steps", "0")
        self.expect({"arms": "joint:interaction=1@x"}, "1@x")
        self.expect({"arms": "cascade:cascade-to=7"}, "--cascade-to", "8", "7")
        self.expect({"arms": "cascade:cascade-from=301"}, "--pool", "301", "300")

    def test_how_a_reference_is_trained(self):
        for option, value in (("reference-width", 0), ("reference-hidden", 0),
                              ("reference-dropout", 1), ("reference-dropout", -0.1),
                              ("reference-negatives", -1), ("cascade-gain", -1)):
            self.expect({option: value}, "--" + option)

        self.expect({"reference-negatives": POOL_ROWS + 1}, "--reference-negatives", "300", "301")

    def test_schedules(self):
        self.expect({"select-every": 0}, "every")
        self.expect({"select-start": -1}, "start")
        self.expect({"select-start": 5, "select-end": 4}, "start")

    def test_unknown_options_and_commands(self):
        self.expect({"bogus": 1}, "--bogus")
        for command in ([], ["pears"], ["pairs"], ["report"]):
            with self.subTest(command):
                self.refused(execute(*command))

    def test_config_files(self):
        for content, mention in (("bogus = 3\n", "bogus"), ("steps = \"x\"\n", "steps")):
            write(content.encode(), path("bad.toml"))
            given = {"config": path("bad.toml")}
            with self.subTest(content):
                # Without the option in question, which would hide what the file says.
                given |= {"arms": "uniform", "reference-steps": 1, "eval-every": 1}
                given |= {} if mention == "steps" else {"steps": 1}
                try:
                    done = pairs(self.out, SIZES | given, timeout=10)
                except subprocess.TimeoutExpired:
                    self.fail("the file is ignored")
                self.refused(done, mention)
        self.expect({"config": path("absent.toml")}, "absent.toml")

    def test_files_that_are_not_there(self):
        for option in ("curated", "pool", "eval", "reference"):
            self.expect({option: path("absent")}, "--" + option, path("absent"))
            self.expect({option: path()}, "--" + option)

    def test_tables(self):
        head = b"id\tx\ty\n"
        rows = b"".join(b"%d\ta b\tc d\n" % k for k in range(50))
        bad = path("bad.tsv")
        for content, *mentions in (
                (b"", "empty"),
                (head, "pair"),
                (b"id,x,y\n" + rows, "line 1", "header"),
                (b"x\ty\tid\n" + rows, "line 1"),
                (rows, "line 1"),
                (head + rows + b"77\ta b\n", "line 52", "columns"),
                (head + b"77\ta\tb\ttarget\n" + rows, "line 2", "columns"),
                (head + rows + b"\n", "line 52"),
                (head + b"seven\ta\tb\n" + rows, "line 2", "column id", "seven"),
                (head + b"-7\ta\tb\n" + rows, "line 2", "column id", "-7"),
                (head + b"9223372036854775808\ta\tb\n" + rows, "line 2", "column id"),
                (head + rows + b"7\ta\tb\n", "line 52", "column id", "7"),
                (head + rows + b"77\t\tb\n", "line 52", "column x"),
                (head + rows + b"77\ta\t\n", "line 52", "column y"),
                (head + rows + b"77\ta\xffb\tb\n", "line 52", "column x", "UTF-8"),
                (head + b"77\ta\t\xc3(\n" + rows, "line 2", "column y", "UTF-8")):
            write(content, bad)
            self.expect({"pool": bad}, bad, *mentions)
        for option in ("curated", "eval"):
            self.expect({option: bad}, bad, "line 2", "column y")

    def test_references_of_another_kind(self):
        foreign = write_safetensors("foreign.safetensors", {"format": "pt"})
        self.expect({"reference": foreign}, foreign, "architecture")
        shape = {"architecture": "jest text towers 1", "buckets": "8", "width": "4", "hidden": "4",
                 "embedding": "4"}
        self.expect({"reference": write_safetensors("bare.safetensors", shape)}, "bare.safetensors")
        vast = write_safetensors("vast.safetensors", shape | {"buckets": "1000000000000000"})
        self.expect({"reference": vast}, "vast.safetensors")
        self.expect({"reference": path("pool.tsv")}, "pool.tsv")

    def test_folders_of_others(self):
        os.mkdir(self.out)
        write(b"all of it", self.out, "thesis.txt")
        for given in ({}, {"resume": True}):
            self.refused(pairs(self.out, TINY | given), self.out)
            self.assertEqual(content_of(self.out), {"thesis.txt": b"all of it"})
        self.refused(execute("report", self.out), self.out)
        self.assertEqual(content_of(self.out), {"thesis.txt": b"all of it"})
        write(b'{"runs": 3}', self.out, "summary.json")
        self.refused(execute("report", self.out), "summary.json")
        self.refused(execute("report", path("absent")), path("absent"))
        self.refused(pairs(path("pool.tsv"), TINY), path("pool.tsv"))

    def test_folder_names_that_json_cannot_hold(self):
        out = os.fsencode(self.out) + b"-\xff"
        self.addCleanup(shutil.rmtree, out, ignore_errors=True)
        done = pairs(os.fsdecode(out), SHORTEST)
        if done.returncode != 0:  # a refusal is fine, but not after all the work
            self.error_line(done)
            self.assertFalse(os.path.exists(out))


if __name__ == "__main__":
    main()
