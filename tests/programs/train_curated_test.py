#!/usr/bin/env python3
"""What arms of jest-train draw from: curated examples, filters, and rows kept for choices. Usage: train_curated_test.py JEST_TRAIN"""

import json
import math
import os
import shutil
import struct
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
import train_tasks
from train_cases import (FolderCase, SIZES, execute, finished, folder_of, main, metrics_of, pairs, path, read, summary_of,
                         tensors, words, write, write_table)
from train_counts_test import write_pairs
from train_tasks import train

# All candidates are picked, so tags tell what the super-batches hold.
WHOLE = {"count": 8, "super-batch": 8, "chunks": 2, "steps": 10, "threads": 1, "seeds": 3,
         "eval-every": 5, "checkpoint-every": 4, "reference-steps": 3}


def picked_of(out):
    """Arm -> tag -> examples picked."""
    picked = {}
    for run in summary_of(out)["runs"]:
        shares = run["picked_tags"]
        picked[run["arm"]] = {tag: sum(s.get(tag, 0) for s in shares) / len(shares)
                              for tag in set().union(*shares) - {"step"}}
    return picked


def run_of(out, arm):
    return next(run for run in summary_of(out)["runs"] if run["arm"] == arm)


class Shares(FolderCase):
    def setUp(self):
        super().setUp()
        write_pairs()

    def test_every_super_batch_holds_the_share(self):
        arms = "uniform,uniform:curated-share=0.25,joint:curated-share=0.5,oracle:other:curated-share=0.125"
        finished(pairs(self.out, WHOLE | {"arms": arms}))
        picked = picked_of(self.out)
        self.assertNotIn("curated", picked["uniform"])
        self.assertEqual(picked["uniform:curated-share=0.25"]["curated"], 0.25)
        self.assertEqual(picked["joint:curated-share=0.5"]["curated"], 0.5)
        self.assertEqual(picked["oracle:other:curated-share=0.125"],
                         {"curated": 0.125, "other": 0.875})

    def test_an_arm_without_a_share_trains_as_ever(self):
        finished(pairs(self.out, WHOLE | {"arms": "uniform,joint"}))
        both = path("both")
        finished(pairs(both, WHOLE | {"arms": "uniform,joint,mixed"}))
        for arm in ("uniform-seed3", "joint-seed3"):
            self.assertEqual(tensors(self.out, arm, "model.safetensors"), tensors(both, arm, "model.safetensors"))

    def test_mixed_is_uniform_over_pool_and_curated(self):
        # An epoch of 400 rows, 100 of them curated, in 50 whole batches.
        finished(pairs(self.out, WHOLE | {"arms": "mixed,uniform:curated-share=natural", "steps": 50,
                                          "eval-every": 50}))
        for arm in ("mixed", "uniform:curated-share=natural"):
            self.assertEqual(picked_of(self.out)[arm]["curated"], 0.25)
        self.assertEqual(run_of(self.out, "mixed")["role"], "rival")
        self.assertEqual(tensors(self.out, "mixed-seed3", "model.safetensors"),
                         tensors(self.out, "uniform:curated-share=natural-seed3", "model.safetensors"))

    def test_curated_rows_of_the_pool_have_ids_of_their_own(self):
        same = path("pool.tsv")
        finished(pairs(self.out, WHOLE | {"arms": "joint:curated-share=0.5", "curated": same, "cache-reference": True}))
        self.assertEqual(picked_of(self.out)["joint:curated-share=0.5"]["curated"], 0.5)

    def test_the_curated_alone(self):
        finished(pairs(self.out, WHOLE | {"arms": "uniform,curated"}))
        run = run_of(self.out, "curated")
        self.assertEqual(picked_of(self.out)["curated"], {"target": 1})
        self.assertEqual((run["kind"], run["role"]), ("curated", "rival"))
        self.assertEqual(run["flops"]["reference_training"] + run["flops"]["pool_embedding"], 0)

    def test_what_draws_whole_batches_needs_no_more_rows_than_these(self):
        """Of the pool's 300 rows 100 are target rows."""
        given = WHOLE | {"super-batch": 200, "arms": "oracle:target,oracle:target:curated-share=0.5,curated", "steps": 2}
        finished(pairs(self.out, given))
        self.assertEqual(picked_of(self.out)["oracle:target"], {"target": 1})
        self.assertEqual(picked_of(self.out)["oracle:target:curated-share=0.5"], {"target": 0.5, "curated": 0.5})

    def test_resumed_runs_end_alike(self):
        given = WHOLE | {"arms": "joint:curated-share=0.25:filter=0.5,mixed", "reference": "counts"}
        finished(pairs(self.out, given | {"steps": 10}))
        resumed = path("resumed")
        self.kill_after(resumed, "joint:curated-share=0.25:filter=0.5-seed3/checkpoints/step-00000004", given)
        finished(pairs(resumed, given | {"resume": True}))
        for run in summary_of(self.out)["runs"]:
            folder = folder_of(run)
            self.assertEqual(metrics_of(os.path.join(resumed, folder)), metrics_of(os.path.join(self.out, folder)))
            self.assertEqual(tensors(resumed, folder, "model.safetensors"), tensors(self.out, folder, "model.safetensors"))

    def kill_after(self, out, checkpoint, given):
        with train_cases.start_pairs(out, given | {"steps": 10}) as process:
            while process.poll() is None and not os.path.exists(os.path.join(out, checkpoint)):
                pass
            process.kill()

    def test_every_task_can_mix(self):
        for task in ("text", "images", "labels"):
            with self.subTest(task):
                out = path("mixed-" + task)
                finished(train(task, out, WHOLE | {"arms": "uniform:curated-share=0.25,independent:curated-share=0.5,mixed,curated"}
                               | {"cascade-from": 80, "cascade-to": 16}))
                self.assertEqual(picked_of(out)["uniform:curated-share=0.25"]["curated"], 0.25)
                self.assertEqual(picked_of(out)["independent:curated-share=0.5"]["curated"], 0.5)

    def test_tokens_can_be_mixed(self):
        for name, rows in (("curated", 60), ("pool", 200), ("eval", 40)):
            tokens = [(7 * k + len(name)) % 40 for k in range(10 * rows + 1)]
            write(struct.pack(f"<{len(tokens)}H", *tokens), path(name + ".bin"))
        files = {name: path(name + ".bin") for name in ("curated", "pool", "eval")}
        model = {"length": 10, "hidden": 16, "heads": 2, "layers": 1}
        arms = {"arms": "uniform:curated-share=0.25,independent:curated-share=0.5:cascade-from=80"}
        finished(execute("tokens", *words(files | model | WHOLE | arms | {"out": self.out, "reference": "counts"})))
        self.assertEqual(picked_of(self.out)["uniform:curated-share=0.25"], {"pool": 0.75, "curated": 0.25})
        self.assertEqual([share for arm, share in picked_of(self.out).items() if arm.startswith("independent")],
                         [{"pool": 0.5, "curated": 0.5}])

    def test_a_table_without_tags_tells_the_pool_from_the_curated(self):
        for name in ("pool.tsv", "curated.tsv"):
            with open(path(name), encoding="utf-8") as file:
                lines = [line.rstrip("\n").rsplit("\t", 1)[0] for line in file]
            with open(path(name), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        finished(pairs(self.out, WHOLE | {"arms": "uniform:curated-share=0.25"}))
        self.assertEqual(picked_of(self.out)["uniform:curated-share=0.25"], {"pool": 0.75, "curated": 0.25})

    def test_what_cannot_be_is_refused(self):
        for given, *mentions in (
                ({"curated-share": "1"}, "--curated-share", "below 1, or natural", "'1'"),
                ({"curated-share": "nan"}, "--curated-share", "'nan'"),
                ({"curated-share": "most"}, "--curated-share", "'most'"),
                ({"arms": "uniform:curated-share=0.01"}, "--curated-share", "a batch of 8", "0.01"),
                ({"arms": "uniform:curated-share=0.9", "super-batch": 200, "chunks": 1}, "--curated-share", "100 curated", "180"),
                ({"arms": "curated:curated-share=0.5"}, "curated:curated-share=0.5", "no --curated-share"),
                ({"arms": "curated:filter=0.5"}, "no --filter"),
                ({"arms": "oracle:target:filter=0.5"}, "no --filter"),
                ({"arms": "filter:0"}, "--filter", "above 0"),
                ({"arms": "filter:none"}, "filter=NUMBER"),
                ({"arms": "filter:0.01"}, "--filter", "leaves 8 examples"),
                ({"arms": "uniform", "validation-share": "1"}, "--validation-share", "below 1"),
                ({"arms": "uniform", "validation-share": "0.001"}, "--validation-share", "two examples")):
            with self.subTest(given):
                self.refused(pairs(self.out, WHOLE | given), *mentions)


class Init(FolderCase):
    def test_arms_start_from_a_model_that_a_run_left(self):
        finished(pairs(self.out, WHOLE | {"arms": "uniform", "steps": 5}))
        left = os.path.join(self.out, "uniform-seed3", "model.safetensors")
        more = path("more")
        given = WHOLE | {"arms": "uniform,joint", "init": left, "steps": 1, "eval-every": 1}
        finished(pairs(more, given | {"learning-rate": "1e-30"}))
        for arm in ("uniform-seed3", "joint-seed3"):
            self.assertEqual(tensors(more, arm, "model.safetensors"), tensors(left), arm)
        self.assertIn("init", json.loads(read(more, "run.json")))

    def test_another_model_is_refused(self):
        finished(pairs(self.out, WHOLE | {"arms": "joint", "steps": 2, "reference-width": 16}))
        reference = os.path.join(self.out, "reference.safetensors")
        given = WHOLE | {"arms": "uniform", "init": reference}
        self.refused(pairs(path("other"), given), "--init", reference, "got")
        self.refused(pairs(path("none"), given | {"init": path("none.safetensors")}), "--init", "exists")


class Filters(FolderCase):
    GIVEN = WHOLE | {"reference": "counts:interpolated", "super-batch": 16, "steps": 12}

    def setUp(self):
        super().setUp()
        write_pairs()

    def test_the_top_is_what_the_reference_likes(self):
        arms = "uniform,filter:0.3,filter:0.3:mixed,joint:filter=0.3:curated-share=natural"
        finished(pairs(self.out, self.GIVEN | {"arms": arms}))
        picked = picked_of(self.out)
        self.assertLess(picked["uniform"]["target"], 0.6)
        self.assertEqual(picked["filter:0.3"], {"target": 1})
        self.assertEqual(set(picked["filter:0.3:mixed"]), {"target", "curated"})
        self.assertEqual(set(picked["joint:filter=0.3:curated-share=natural"]), {"target", "curated"})
        filtered = run_of(self.out, "filter:0.3")
        self.assertEqual((filtered["kind"], filtered["role"], filtered["score"]), ("filter", "rival", "none"))

    def test_it_pays_for_its_reference(self):
        finished(pairs(self.out, self.GIVEN | {"arms": "uniform,filter:0.5,filter:0.5:mixed"}))
        costs = [run_of(self.out, arm) for arm in ("uniform", "filter:0.5", "filter:0.5:mixed")]
        self.assertEqual(costs[0]["flops"]["pool_embedding"], 0)
        for run in costs[1:]:
            self.assertGreater(run["flops"]["pool_embedding"], 0)
            self.assertGreater(run["cpu_seconds_once"]["pool_embedding"], 0)
        trained = path("trained")  # by a reference that is trained, and reads the pool once
        finished(pairs(trained, self.GIVEN | {"arms": "uniform,filter:0.5", "reference": None}))
        run = run_of(trained, "filter:0.5")
        self.assertGreater(run["flops"]["reference_training"], 0)
        self.assertGreater(run["flops"]["pool_embedding"], 0)
        self.assertGreater(run["cpu_seconds_once"]["reference_training"], 0)
        self.assertTrue(os.path.exists(os.path.join(trained, "reference_embeddings.cost.json")))
        self.assertEqual(run_of(trained, "uniform")["cpu_seconds_once"],
                         {"reference_training": 0, "pool_embedding": 0})

    def test_a_first_stage_is_what_it_filters_by(self):
        given = self.GIVEN | {"reference": None, "cascade-losses": "counts:interpolated", "arms": "filter:0.3"}
        finished(pairs(self.out, given))
        self.assertEqual(picked_of(self.out)["filter:0.3"], {"target": 1})
        self.assertEqual(run_of(self.out, "filter:0.3")["flops"]["reference_training"], 0)

    def test_drawn_at_a_gain(self):
        arms = "filter:0.3,filter:0.3:filter-gain=0.01,filter:0.3:filter-gain=1000"
        finished(pairs(self.out, self.GIVEN | {"arms": arms, "seeds": "1,2"}))
        picked = picked_of(self.out)
        self.assertLess(picked["filter:0.3:filter-gain=0.01"]["target"], 0.7)
        self.assertGreater(picked["filter:0.3:filter-gain=1000"]["target"], 0.95)

    def test_what_a_reference_said_of_the_pool_is_not_of_the_curated(self):
        finished(pairs(self.out, self.GIVEN | {"reference": None, "cache-reference": True, "arms": "joint"}))
        store = os.path.join(self.out, "reference_embeddings.safetensors")
        given = self.GIVEN | {"reference": None, "reference-embeddings": store}
        other = path("given")
        finished(pairs(other, given | {"arms": "filter:0.5,joint,mixed"}))
        shutil.rmtree(other)
        self.refused(pairs(other, given | {"arms": "joint:curated-share=0.5"}), "joint:curated-share=0.5", "runs or counts")


class Validation(FolderCase):
    def test_rows_kept_for_choices_are_measured_apart(self):
        write_table("more.tsv", 5000, ["target"], 400)
        given = WHOLE | SIZES | {"arms": "uniform,curated", "eval": path("more.tsv"), "validation-share": 0.25, "steps": 12,
                                 "eval-every": 3}
        finished(pairs(self.out, given))
        summary = summary_of(self.out)
        sizes = summary["data"]["eval"][0]
        self.assertEqual(sizes["evaluated"] + sizes["validation"], 400)
        self.assertLess(abs(sizes["validation"] - 100), 4 * math.sqrt(400 * 0.25 * 0.75))
        run = run_of(self.out, "curated")
        best = max(run["evaluations"], key=lambda e: (e["validation_r_at_1"], -e["step"]))
        self.assertEqual(run["best_by_validation"], {"step": best["step"], "validation_r_at_1": best["validation_r_at_1"],
                                                     "r_at_1": best["r_at_1"], "r_at_10": best["r_at_10"]})
        self.assertIn("validation_r_at_1", summary["reference"])

    def test_sets_of_text_are_shared_out_alike(self):
        out = path("validated-text")
        finished(train("text", out, {"arms": "curated", "validation-share": 0.5, "eval-rows": 10}))
        for one in summary_of(out)["data"]["eval"]:
            self.assertEqual((one["evaluated"], one["validation"]), (10, 10))
        self.assertIn("validation_bits_per_byte", run_of(out, "curated")["best_by_validation"])


if __name__ == "__main__":
    prepare = train_cases.prepare
    train_cases.prepare = lambda: (prepare(), train_tasks.write_tables())
    main()
