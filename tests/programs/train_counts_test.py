#!/usr/bin/env python3
"""jest-train with a guide that counts in the place of a reference. Usage: train_counts_test.py JEST_TRAIN"""

import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
import train_tasks
from train_cases import (TINY, FolderCase, execute, finished, folder_of, main, metrics_of, pairs, path, read,
                         summary_of, tensors, without_measured, words, write, write_table)
from train_tasks import safetensors, train, write_labelled

ROWS = {"curated": (0, 60), "pool": (1000, 200), "eval-near": (2000, 40), "eval-far": (3000, 40)}
LENGTH = 24
KINDS = ("counts", "counts:hashed", "counts:interpolated", "counts:hashed:words", "counts:interpolated:words")


def letters(generator, tag, length):
    """Target texts and others have the same letters, in other pairs, and other words."""
    syllables = ("ab", "cd", " ") if tag == "target" else ("ad", "cb", " ")
    return "".join(generator.choices(syllables, k=length))[:length]


def write_texts(folder):
    """Curated rows are target rows, every other row of the pool is one."""
    os.makedirs(path(folder), exist_ok=True)
    for name, (first, rows) in ROWS.items():
        generator = random.Random(name)
        tags = ["target" if name == "curated" or row % 2 == 0 else "other" for row in range(rows)]
        data = "".join(letters(generator, tag, 2 * LENGTH)[:LENGTH] for tag in tags).encode()
        write_labelled(f"{folder}/{name}.safetensors", {"bytes": ("U8", [rows, LENGTH], data)}, first, rows)


def write_pairs():
    for name, (first, rows) in (("curated.tsv", (0, 100)), ("pool.tsv", (1000, 300)), ("eval.tsv", (5000, 60))):
        generator = random.Random(name)
        with open(path(name), "w", encoding="utf-8") as file:
            file.write("id\tx\ty\ttag\n")
            for row in range(rows):
                tag = "target" if name != "pool.tsv" or row % 3 == 0 else "other"
                x, y = (f"{letters(generator, tag, 30).strip()} {row}" for _ in "xy")
                file.write(f"{first + row}\t{x}\t{y}\t{tag}\n")


def target_shares(out):
    """Arm -> share of the target rows among its picks."""
    shares = {}
    for run in summary_of(out)["runs"]:
        picked = run["picked_tags"][-1]
        shares[run["arm"]] = picked.get("target", 0) / sum(v for k, v in picked.items() if k != "step")
    return shares


def metadata_of(*parts):
    content = read(*parts)
    return json.loads(content[8:8 + struct.unpack("<Q", content[:8])[0]])["__metadata__"]


def embedding_flops(out):
    return {run["arm"]: run["flops"]["pool_embedding"] for run in summary_of(out)["runs"]}


class Texts(FolderCase):
    ARMS = {"arms": "uniform,easy-reference,independent,cascade", "count": 8, "super-batch": 40, "steps": 6}

    @classmethod
    def setUpClass(cls):
        write_texts("text")

    def test_arms_pick_what_is_like_the_curated_rows(self):
        for kind in KINDS:
            with self.subTest(kind):
                out = path("out-" + kind.replace(":", "-"))
                finished(train("text", out, self.ARMS | {"reference": kind}))
                shares = target_shares(out)
                self.assertLess(shares["uniform"], 0.7)
                self.assertGreater(shares["easy-reference"], 0.95)
                self.assertGreater(shares["independent"], shares["uniform"] + 0.2)
                self.assertGreater(shares["cascade"], shares["uniform"] + 0.2)
                self.assertFalse(os.path.exists(os.path.join(out, "reference.safetensors")))

    def test_says_what_jest_select_counts_says(self):
        select = os.path.join(os.path.dirname(train_cases.PROGRAM), "jest-select")
        counted = path("counted.safetensors")
        subprocess.run([select, "counts", "--curated", path("text/curated.safetensors"), "--pool",
                        path("text/pool.safetensors"), "--kind", "interpolated", "--out", counted],
                       check=True, capture_output=True)
        finished(train("text", self.out, self.ARMS | {"reference": "counts:interpolated"}))
        store = (self.out, "counts_interpolated_bytes.safetensors")
        self.assertEqual(tensors(*store), tensors(counted))
        self.assertEqual(metadata_of(*store)["flops"], metadata_of(counted)["flops"])
        given = path("given")
        finished(train("text", given, self.ARMS | {"reference-losses": counted}))
        for run in summary_of(given)["runs"]:
            folder = folder_of(run)
            self.assertEqual(tensors(given, folder, "model.safetensors"),
                             tensors(self.out, folder, "model.safetensors"), folder)

    def test_costs_stand_in_the_all_in_columns(self):
        finished(train("text", self.out, self.ARMS | {"reference": "counts", "steps": 12}))
        stated = metadata_of(self.out, "counts_hashed_bytes.safetensors")
        cost = float(stated["flops"])
        self.assertGreater(cost, 200 * (LENGTH - 3))
        self.assertEqual(embedding_flops(self.out), {"uniform": 0, "easy-reference": cost,
                                                     "independent": cost, "cascade": cost})
        summary = summary_of(self.out)
        self.assertEqual(summary["reference"]["counts"], "hashed bytes")
        self.assertEqual(summary["reference"]["seconds"], float(stated["cpu_seconds"]))
        for run in summary["runs"]:
            self.assertEqual(run["flops"]["reference_training"], 0)
            self.assertEqual(run["flops"]["reference_scoring"], 0)
            reached = run["to_uniform"]
            if reached["steps"] is not None:
                self.assertEqual(reached["all_in"], reached["flops"] + run["flops"]["pool_embedding"])
        finished(execute("report", self.out))
        report = read(self.out, "report.html").decode()
        self.assertTrue("counts n-grams (hashed bytes)" in report)
        self.assertFalse("not stated" in report)

    def test_a_first_stage_of_its_own(self):
        live = {"arms": "joint,cascade", "cache-reference": True, "steps": 6}
        finished(train("text", self.out, live))
        out = path("out-first-stage")
        finished(train("text", out, live | {"cascade-losses": "counts:interpolated"}))
        same = {arm: tensors(out, f"{arm}-seed3", "model.safetensors") ==
                     tensors(self.out, f"{arm}-seed3", "model.safetensors") for arm in ("joint", "cascade")}
        self.assertEqual(same, {"joint": True, "cascade": False})
        cost = float(metadata_of(out, "counts_interpolated_bytes.safetensors")["flops"])
        before, after = embedding_flops(self.out), embedding_flops(out)
        self.assertEqual(after, {"joint": before["joint"], "cascade": before["cascade"] + cost})
        out = path("out-one-store")  # both stages by the same counts, which are paid for once
        both = {"reference": "counts", "cascade-losses": "counts:hashed:bytes", "arms": "cascade"}
        finished(train("text", out, both))
        self.assertEqual(embedding_flops(out)["cascade"],
                         float(metadata_of(out, "counts_hashed_bytes.safetensors")["flops"]))

    def test_prefixes_are_the_learners(self):
        given = {"reference": "counts", "arms": "independent,independent:score-prefix=8"}
        finished(train("text", self.out, given))
        self.assertIn("counts_hashed_bytes.safetensors", os.listdir(self.out))

    def test_killed_and_resumed_runs_end_like_undisturbed_ones(self):
        given = {"arms": "independent,cascade", "reference": "counts:interpolated", "steps": 40,
                 "checkpoint-every": 3}
        undisturbed = path("undisturbed-text")
        finished(train("text", undisturbed, given))
        moments = ("counts_interpolated_bytes.safetensors", "independent-seed3/checkpoints/step-00000006",
                   "cascade-seed3/checkpoints/step-00000003", "cascade-seed3/checkpoints/step-00000030")
        for moment in moments:
            self.kill_at(moment, given | {"resume": True})
        finished(train("text", self.out, given | {"resume": True}))
        self.assertEqual([without_measured(run) for run in summary_of(self.out)["runs"]],
                         [without_measured(run) for run in summary_of(undisturbed)["runs"]])
        for run in summary_of(undisturbed)["runs"]:
            folder = folder_of(run)
            self.assertEqual(metrics_of(os.path.join(self.out, folder)),
                             metrics_of(os.path.join(undisturbed, folder)))
            self.assertTrue(tensors(self.out, folder, "model.safetensors") ==
                            tensors(undisturbed, folder, "model.safetensors"), folder)

    def kill_at(self, moment, given):
        """Kills the program as soon as there is the file, or a later checkpoint."""
        folder, name = os.path.split(os.path.join(self.out, moment))
        with train_tasks.start("text", self.out, given) as process:
            while process.poll() is None and not (
                    os.path.isdir(folder) and any(entry >= name and entry.startswith(name[:5])
                                                  for entry in os.listdir(folder))):
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        self.assertEqual(process.returncode, -signal.SIGKILL, moment)

    def test_what_cannot_be_counted_is_refused(self):
        def refused(given, *mentions):
            self.refused(train("text", self.out, given), *mentions)

        refused({"reference": "counts:other"}, "counts:KIND", "one of hashed, interpolated, got 'other'")
        refused({"reference": "counts:hashed:x"}, "counts:KIND:PART", "one of bytes, words, got 'x'")
        refused({"cascade-losses": "counts:other", "arms": "cascade"}, "--cascade-losses", "'other'")
        refused({"cascade-losses": "counts", "arms": "joint"}, "--cascade-losses", "first stage")
        refused({"reference": "counts", "select-stop": 5}, "--select-stop", "log ratios")
        refused({"reference": "counts", "reference-losses": "x.npy"}, "x.npy")
        refused({"reference": "counts", "arms": "rho-1"}, "rho-1", "a reference that runs")
        refused({"reference": "counts", "arms": "acid"}, "acid")
        write_table("eval.tsv", 5000, ["target"], 60)
        labels = {"curated": path("eval.tsv"), "pool": path("eval.tsv"), "eval": path("eval.tsv")}
        self.refused(train("labels", self.out, labels | {"reference": "counts"}), "--reference", "text, pairs and tokens")

    def test_nothing_to_count_is_refused(self):
        short = {}
        for name, (first, rows) in ROWS.items():
            write_labelled(f"short-{name}.safetensors", {"bytes": ("U8", [rows, 3], b"abc" * rows)}, first, rows)
            short[name] = path(f"short-{name}.safetensors")
        given = {"curated": short["curated"], "pool": short["pool"], "eval": short["eval-near"]}
        done = train("text", self.out, given | {"reference": "counts"})
        self.assertIn("count guide: expected a curated row of at least 4 units", self.error_line(done))
        shutil.rmtree(self.out)
        done = train("text", self.out, given | {"reference": "counts:interpolated"})
        self.assertIn("both halves", self.error_line(done))  # one text, over and over

    def test_another_store_or_guide_is_refused(self):
        given = self.ARMS | {"reference": "counts"}
        finished(train("text", self.out, given))
        self.refused(train("text", self.out, given | {"reference": "counts:interpolated", "resume": True}),
                     "given_reference")
        store = os.path.join(self.out, "counts_hashed_bytes.safetensors")
        content = bytearray(read(store))
        content[-3] ^= 1
        write(bytes(content), store)
        self.assertIn(store, self.error_line(train("text", self.out, given | {"resume": True})))


class Tokens(FolderCase):
    GIVEN = {"length": 10, "count": 8, "super-batch": 40, "chunks": 4, "threads": 1, "seeds": 3, "steps": 6,
             "eval-every": 3, "checkpoint-every": 3, "hidden": 16, "heads": 2, "layers": 1, "cascade-from": 80,
             "cascade-to": 16, "arms": "uniform,easy-reference,independent,cascade"}

    def setUp(self):
        super().setUp()
        os.makedirs(path("token-pool"), exist_ok=True)
        for name, count, step in (("curated", 900, 1), ("token-pool/target", 1100, 1), ("eval", 300, 1),
                                  ("token-pool/other", 1100, 3)):
            generator = random.Random(name)
            tokens = []
            while len(tokens) < count:  # of the target each is mostly the one before and 1, of others and 3
                first = generator.randrange(40)
                tokens += [(first + step * k) % 40 for k in range(6)]
            write(struct.pack(f"<{count}H", *tokens[:count]), path(name + ".bin"))

    def test_arms_pick_what_is_like_the_curated_rows(self):
        files = {"curated": path("curated.bin"), "pool": path("token-pool"), "eval": path("eval.bin")}
        for kind in ("counts", "counts:interpolated:tokens"):
            with self.subTest(kind):
                out = path("out-tokens-" + kind.replace(":", "-"))
                finished(execute("tokens", *words(files | {"out": out, "reference": kind} | self.GIVEN)))
                shares = target_shares(out)
                self.assertLess(shares["uniform"], 0.7)
                for arm in ("easy-reference", "independent"):
                    self.assertGreater(shares[arm], 0.9, arm)
                self.assertGreater(shares["cascade"], shares["uniform"] + 0.15)


    def test_says_what_jest_select_counts_says(self):
        files = {"curated": path("curated.bin"), "pool": path("token-pool/other.bin")}
        counted = path("counted-tokens.safetensors")
        select = os.path.join(os.path.dirname(train_cases.PROGRAM), "jest-select")
        given = words(files | {"units": "tokens", "length": 10, "kind": "interpolated", "out": counted})
        subprocess.run([select, "counts", *given], check=True, capture_output=True)
        more = {"eval": path("eval.bin"), "out": self.out, "reference": "counts:interpolated", "arms": "independent"}
        finished(execute("tokens", *words(files | self.GIVEN | more)))
        self.assertEqual(tensors(self.out, "counts_interpolated_tokens.safetensors"), tensors(counted))


class Pairs(FolderCase):
    GIVEN = TINY | {"arms": "uniform,easy-reference,independent,joint,cascade", "cascade-from": 80,
                    "cascade-to": 16, "steps": 6}

    @classmethod
    def setUpClass(cls):
        write_pairs()

    def test_arms_pick_what_is_like_the_curated_pairs(self):
        for kind in ("counts", "counts:hashed:x", "counts:interpolated:y", "counts:interpolated"):
            with self.subTest(kind):
                out = path("out-" + kind.replace(":", "-") + "-pairs")
                finished(pairs(out, self.GIVEN | {"reference": kind}))
                shares = target_shares(out)
                self.assertLess(shares["uniform"], 0.6)
                for arm in ("easy-reference", "independent", "joint"):
                    self.assertGreater(shares[arm], 0.9, arm)
                self.assertGreater(shares["cascade"], shares["uniform"] + 0.2)

    def test_sides_are_counted_apart(self):
        stores = {}
        for part in ("both", "x", "y"):
            out = path("out-" + part)
            finished(pairs(out, self.GIVEN | {"arms": "easy-reference", "steps": 1,
                                              "reference": "counts:hashed:" + part}))
            data = tensors(out, f"counts_hashed_{part}.safetensors")
            (begin, end) = data[0]["losses"]["data_offsets"]
            stores[part] = struct.unpack("<300f", data[1][begin:end])
        for both, x, y in zip(*(stores[part] for part in ("both", "x", "y"))):
            self.assertAlmostEqual(both, (x + y) / 2, delta=1e-6)
        self.assertNotEqual(stores["x"], stores["y"])

    def test_a_first_stage_before_a_trained_reference(self):
        finished(pairs(self.out, self.GIVEN | {"arms": "cascade", "cascade-losses": "counts"}))
        self.assertGreater(target_shares(self.out)["cascade"], 0.6)
        self.assertTrue(os.path.exists(os.path.join(self.out, "reference.safetensors")))

    def test_what_asks_for_embeddings_is_refused(self):
        for arm in ("infomax", "dm-sgd", "drrho", "poisson-disk"):
            self.refused(pairs(self.out, self.GIVEN | {"arms": arm, "reference": "counts"}), arm, "embeds pairs")


if __name__ == "__main__":
    main()
