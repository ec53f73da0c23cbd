#!/usr/bin/env python3
"""jest-train images on WebDataset shards. Usage: train_shards_test.py JEST_TRAIN"""

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
from shard_files import samples, write_shard
from train_cases import FolderCase, execute, finished, main, metrics_of, path, summary_of, tensors, words

SMALL = {"count": 8, "super-batch": 40, "chunks": 4, "threads": 1, "reference-steps": 3, "eval-every": 2,
         "checkpoint-every": 2, "seeds": 3, "steps": 4, "arms": "joint", "image-size": 32, "channels": 4,
         "depth": 1, "reference-channels": 2, "reference-depth": 1, "hidden": 16, "reference-hidden": 16}


def prepare():
    write_shard(path("curated.tar"), samples("curated", 30))
    for k in range(3):
        write_shard(path(f"pool-{k:03}.tar"), samples(f"pool {k}", 40, wrong=0.5))
    write_shard(path("eval-near.tar"), samples("near", 20))
    write_shard(path("eval-far-000.tar"), samples("far", 20))


train_cases.prepare = prepare


def arguments(out, given):
    files = {"curated": path("curated.tar"), "pool": path("pool-{000..002}.tar"),
             "eval": [path("eval-near.tar"), path("eval-far-{000..000}.tar")], "out": out}
    return ["images"] + words(files | SMALL | given)


def train(out, given=None, **more):
    return execute(*arguments(out, given or {}), **more)


class ShardCase(FolderCase):
    def result(self, given, name):
        out = path(name)
        self.addCleanup(shutil.rmtree, out, ignore_errors=True)
        finished(train(out, given))
        return out


class Results(ShardCase):
    def test_summary_and_report(self):
        given = {"arms": "uniform,joint,flexi,oracle:true,uniform@equal-compute", "tag-key": "kind"}
        for tower in ("resnet", "vit"):
            with self.subTest(tower):
                out = self.result(given | {"image-tower": tower}, "out-" + tower)
                summary = summary_of(out)
                data = summary["data"]
                self.assertEqual(data["pool"]["rows"], 120)
                self.assertEqual([table["name"] for table in data["eval"]], ["near", "far"])
                self.assertEqual(data["target_tag"], "true")
                self.assertNotIn("left_out", data["pool"])
                for run in summary["runs"]:
                    self.assertEqual(set(run["evaluations"][0]) - {"step", "flops", "cpu_seconds"},
                                     {"r_at_1", "r_at_1_near", "r_at_1_far"})
                flops = {run["arm"]: run["flops"] for run in summary["runs"]}
                self.assertGreater(flops["joint"]["learner_training"], 1e6)
                self.assertLess(flops["flexi"]["learner_scoring"],
                                0.5 * flops["joint"]["learner_scoring"])
                shown = [line for line in metrics_of(os.path.join(out, "joint-seed3"))
                         if line["event"] == "samples"]
                for sample in shown[0]["picked"]:
                    self.assertTrue(sample["image"].startswith("data:image/bmp;base64,"))
                    self.assertRegex(sample["y"], "^a [a-z]+ block, ")
                finished(execute("report", out))

    def test_neither_memory_nor_where_indexes_lie_changes_a_result(self):
        first = self.result({}, "out-first")
        other = self.result({"decoded-memory": 0, "index-folder": path("indexes")}, "out-other")
        self.assert_same_result(other, first)

    def test_captions_of_json(self):
        first = self.result({}, "out-txt")
        other = self.result({"caption-key": "caption"}, "out-json")
        self.assert_same_result(other, first)

    def test_a_reference_of_other_pictures_is_refused(self):
        first = self.result({}, "out-first")
        given = {"reference": os.path.join(first, "reference.safetensors"), "image-size": 64}
        self.refused(train(self.out, given), "--reference", "side 64", "side 32")
        finished(train(self.out, given | {"image-size": 32}))

    def test_probe(self):
        write_shard(path("trusted.tar"), samples("trusted", 300))
        given = {name: SMALL[name] for name in ("count", "threads", "reference-steps", "image-size")}
        files = {"curated": path("trusted.tar"), "pool": path("pool-{000..002}.tar"), "out": self.out}
        finished(execute("probe", "images", *words(files | given | {"probe-rows": 50})))


class Interrupted(ShardCase):
    GIVEN = {"arms": "uniform,joint", "steps": 12, "checkpoint-every": 3}

    def test_a_killed_run_ends_like_an_undisturbed_one(self):
        undisturbed = self.result(self.GIVEN, "undisturbed")
        resumed = self.GIVEN | {"resume": True}
        moments = [("uniform-seed3", "step-00000006"), ("joint-seed3", "step-00000003"),
                   ("joint-seed3", "step-00000009")]
        for run, checkpoint in moments:
            wanted = os.path.join(self.out, run, "checkpoints", checkpoint)
            with subprocess.Popen([train_cases.PROGRAM, *arguments(self.out, resumed)],
                                  stderr=subprocess.DEVNULL) as process:
                while process.poll() is None and not os.path.exists(wanted):
                    time.sleep(0.001)
                process.send_signal(signal.SIGKILL)
            self.assertEqual(process.returncode, -signal.SIGKILL, (run, checkpoint))
        finished(train(self.out, resumed))
        self.assert_same_result(self.out, undisturbed)

    def test_a_resumed_run_on_another_shard_is_refused(self):
        finished(train(self.out))
        self.addCleanup(write_shard, path("curated.tar"), samples("curated", 30))
        write_shard(path("curated.tar"), samples("another", 30))
        done = train(self.out, {"resume": True})
        self.assertIn("curated_table", self.error_line(done))
        self.assertIn("made anew", done.stderr.decode())


class Refusals(ShardCase):
    """In one line, before anything is trained or written."""

    def expect(self, given, *mentions):
        with self.subTest(given):
            self.refused(train(self.out, given), *mentions)
            self.assertFalse(os.path.exists(self.out), "something was written")

    def shard(self, made, name="bad.tar"):
        write_shard(path(name), made)
        return path(name)

    def test_options(self):
        self.expect({"image-tower": "conv"}, "--image-tower", "resnet or vit")
        self.expect({"image-tower": "alexnet"}, "--image-tower", "conv, resnet, vit")
        self.expect({"image-size": 40}, "resnet", "32 divides", "40")
        self.expect({"image-fit": "stretch"}, "--image-fit", "crop, squash")
        self.expect({"pool": path("pool-{000..003}.tar")}, "--pool", "pool-003.tar")
        self.expect({"pool": path("pool-{2..1}.tar")}, "{000..003}", "2..1")
        self.expect({"caption-key": "alt"}, "curated.tar", "alt")

    def test_samples(self):
        made = samples("bad", 60)
        made[7][1].pop("txt")
        self.expect({"pool": self.shard(made)}, "bad.tar, sample 00007", "a caption")
        made[7][1]["txt"] = b"x"
        made[9][1].pop("png")
        self.expect({"pool": self.shard(made)}, "bad.tar, sample 00009", "a picture")
        made[9][1]["png"] = made[8][1]["png"][:100]
        self.expect({"pool": self.shard(made)}, "bad.tar, sample 00009", "decodes")

    def test_what_is_left_out_is_counted(self):
        made = samples("bad", 60)
        made[7][1].pop("txt")
        made[9][1]["png"] = b"GIF89a"
        out = path("out-skipping")
        self.addCleanup(shutil.rmtree, out, ignore_errors=True)
        done = finished(train(out, {"pool": self.shard(made), "skip-unusable": True}))
        self.assertIn("left out 2 samples", done.stderr.decode())
        pool = summary_of(out)["data"]["pool"]
        self.assertEqual(pool["rows"], 58)
        self.assertEqual(pool["left_out"],
                         {"without_picture": 0, "without_caption": 1, "undecodable": 1})

    def test_shards(self):
        with open(path("pool-000.tar"), "rb") as file:
            whole = file.read()
        for name, content, mention in (("cut.tar", whole[:len(whole) // 2], ""),
                                       ("gzip.tar", b"\x1f\x8b" + whole, "gunzip"),
                                       ("text.tar", b"id\tx\ty\n" * 300, "a tar archive"),
                                       ("empty.tar", b"", "an empty file")):
            with open(path(name), "wb") as file:
                file.write(content)
            self.expect({"pool": path(name)}, name, mention)
        made = [(key, {"png": parts["png"]}) for key, parts in samples("bare", 50)]
        self.expect({"pool": self.shard(made), "skip-unusable": True}, "bad.tar", "samples with a caption")
        with open(path("pool-000.tar.index"), "rb") as file:
            index = file.read()
        self.addCleanup(os.remove, path("pool-000.tar.index"))
        for damaged in (index[:-9], index[:-9] + bytes(byte ^ 1 for byte in index[-9:]), b"else"):
            with open(path("pool-000.tar.index"), "wb") as file:
                file.write(damaged)
            self.expect({}, "pool-000.tar.index")

    def test_tables_of_another_kind(self):
        self.expect({"curated": path("curated.safetensors")}, "--curated", "exists")

    def test_a_shard_that_changes_under_a_run_stops_it(self):
        made = samples("pool 0", 40, wrong=0.5)
        shard = self.shard(made, "changing.tar")
        given = {"pool": shard, "steps": 4000, "decoded-memory": 0, "eval-every": 4000}
        with subprocess.Popen([train_cases.PROGRAM, *arguments(self.out, given)],
                              stderr=subprocess.PIPE) as process:
            while not os.path.exists(os.path.join(self.out, "joint-seed3", "metrics.jsonl")):
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            self.shard(list(reversed(made)), "changing.tar")
            said = process.communicate(timeout=60)[1].decode()
        self.assertEqual(process.returncode, 1, said)
        self.assertIn("changing.tar: expected a shard that stays as it is", said.splitlines()[-1])


if __name__ == "__main__":
    main()
