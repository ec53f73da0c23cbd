#!/usr/bin/env python3
"""jest-train with what a reference said of the pool, given in files, in the place of a reference.
Usage: train_cached_test.py JEST_TRAIN"""

import json
import os
import struct
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_tasks
from npy_files import npy
from train_cases import (TINY, FolderCase, UndisturbedCase, execute, finished, folder_of, main, metrics_of,
                         pairs, path, read, run_flops, summary_of, tensors, write)
from train_tasks import safetensors

GIVEN = TINY | {"arms": "uniform,joint,cascade", "cascade-from": 80, "cascade-to": 16}
STORE = "reference_embeddings.safetensors"


def arrays_in(*parts):
    """name -> (dtype, shape, bytes)"""
    header, data = tensors(*parts)
    return {name: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])])
            for name, entry in header.items()}


def floats(content):
    return list(struct.unpack(f"<{len(content) // 4}f", content))


class Cached(UndisturbedCase):
    """A run with --cache-reference leaves embeddings; given, they say the same."""
    GIVEN = GIVEN | {"cache-reference": True}

    def setUp(self):
        super().setUp()
        self.store = os.path.join(self.undisturbed, STORE)
        self.arrays = arrays_in(self.store)

    def put(self, name, content):
        write(content, path(name))
        return path(name)

    def number(self, name):
        return repr(struct.unpack("<d", self.arrays[name][2])[0])

    def matrices(self, rows=slice(None)):
        """--reference-x, -y and -ids as .npy of some rows."""
        _, (count, width), _ = self.arrays["x"]
        kept = list(range(count))[rows]
        given = {}
        for name in "xy":
            values = floats(self.arrays[name][2])
            part = [value for row in kept for value in values[row * width:(row + 1) * width]]
            given["reference-" + name] = self.put(name + ".npy", npy("F32", [len(kept), width], part))
        ids = struct.unpack(f"<{count}q", self.arrays["ids"][2])
        given["reference-ids"] = self.put("ids.npy", npy("I64", [len(kept)], [ids[k] for k in kept]))
        return given

    def scales(self):
        return {"reference-scale": self.number("scale"), "reference-bias": self.number("bias")}

    def assert_learns_alike(self, out):
        for run in summary_of(self.undisturbed)["runs"]:
            folder = folder_of(run)
            self.assertEqual(tensors(out, folder, "model.safetensors"),
                             tensors(self.undisturbed, folder, "model.safetensors"), folder)
            self.assert_same_metrics(out, self.undisturbed, folder)

    def test_a_store_and_npy_say_what_the_reference_said(self):
        for name, given in (("store", {"reference-embeddings": self.store}),
                            ("npy", self.matrices() | self.scales())):
            with self.subTest(name):
                out = path("out-" + name)
                finished(pairs(out, GIVEN | given))
                self.assert_learns_alike(out)
                self.assertFalse(os.path.exists(os.path.join(out, "reference.safetensors")))
                finished(execute("report", out))
                again = finished(pairs(out, GIVEN | given | {"resume": True}))
                self.assertNotIn(b"Traceback", again.stderr)

    def test_rows_in_the_order_of_the_pool_need_no_ids(self):
        given = self.matrices() | self.scales() | {"reference-ids": None}
        finished(pairs(self.out, GIVEN | given))
        self.assert_learns_alike(self.out)
        given = self.matrices(slice(0, 299)) | self.scales() | {"reference-ids": None}
        self.refused(pairs(path("few"), GIVEN | given), "--reference-embeddings", "299 rows without ids")

    def test_costs_are_stated_or_unknown(self):
        given = {"reference-embeddings": self.store}
        finished(pairs(self.out, GIVEN | given))
        joint = next(run for run in summary_of(self.out)["runs"] if run["arm"] == "joint")
        self.assertIsNone(joint["flops"]["pool_embedding"])
        self.assertEqual(joint["flops"]["reference_training"], 0)
        uniform = next(run for run in summary_of(self.out)["runs"] if run["arm"] == "uniform")
        self.assertEqual(uniform["flops"]["pool_embedding"], 0)
        self.assertIn("not stated", read_report(self.out))
        out = path("out-stated")
        cost = {"reference-flops": 5e9, "reference-cpu-seconds": 12.5}
        finished(pairs(out, GIVEN | given | cost))
        joint = next(run for run in summary_of(out)["runs"] if run["arm"] == "joint")
        self.assertEqual(joint["flops"]["pool_embedding"], 5e9)
        self.assertEqual(summary_of(out)["reference"]["seconds"], 12.5)
        self.assertNotIn("not stated", read_report(out))

    def test_a_missing_scale_is_fitted_to_curated_pairs(self):
        bare = {name: array for name, array in self.arrays.items() if name in ("x", "y", "ids")}
        given = {"reference-embeddings": self.put("bare.safetensors", safetensors(bare))}
        self.refused(pairs(self.out, GIVEN | given), "--reference-scale", "0 curated pairs")
        # The same rows once more, as of the curated pairs.
        ids = struct.unpack(f"<{len(bare['ids'][2]) // 8}q", bare["ids"][2])
        more = {"ids": bare["ids"][2] + struct.pack("<100q", *range(100))}
        for name in "xy":
            more[name] = bare[name][2] + bare["x"][2][:100 * 4 * bare["x"][1][1]]
        shared = dict(more, ids=bare["ids"][2] + struct.pack("<100q", *range(1000, 1100)))
        both = {name: (array[0], [array[1][0] + 100, *array[1][1:]], more[name])
                for name, array in bare.items()}
        self.assertEqual(len(ids), 300)
        self.put("bare.safetensors", safetensors(both | {"ids": (*both["ids"][:2], shared["ids"])}))
        self.refused(pairs(self.out, GIVEN | given), "0 curated pairs")  # they are the pool's ids
        self.put("bare.safetensors", safetensors(both))
        done = finished(pairs(self.out, GIVEN | given))
        self.assertIn("fitted to 100 curated pairs", summary_of(self.out)["reference"]["fitted"])
        self.assertIn(b"fitted to 100 curated pairs", done.stderr)

    def test_what_cannot_be_followed_is_refused(self):
        store = {"reference-embeddings": self.store}
        self.refused(pairs(self.out, GIVEN | self.matrices(slice(1, None)) | self.scales()),
                     "every id of the pool", "id 1000")
        self.refused(pairs(self.out, GIVEN | store | {"arms": "acid"}), "acid", "size is known")
        self.refused(pairs(self.out, GIVEN | store | {"reference": self.store}), "--reference", "both")
        self.refused(pairs(self.out, GIVEN | {"reference-flops": 3}), "--reference-ids and the like")
        self.refused(pairs(self.out, GIVEN | {"reference-names": "x=a"}), "--reference-ids and the like")
        self.refused(pairs(self.out, GIVEN | store | {"reference-flops": -3}), "--reference-flops")
        one_side = {"reference-y": self.matrices()["reference-y"]}
        self.refused(pairs(self.out, GIVEN | one_side), "both sides")
        self.refused(pairs(self.out, GIVEN | store | {"reference-scale": 7}), "both or neither")
        self.refused(pairs(self.out, GIVEN | store | {"reference-names": "x:y"}), "ROLE=NAME")
        self.refused(pairs(self.out, GIVEN | {"cascade-losses": self.store, "arms": "joint"}),
                     "--cascade-losses", "first stage")
        self.refused(pairs(self.out, GIVEN | {"reference-embeddings": path("missing")}), "missing")

    def test_other_files_are_another_run(self):
        given = {"reference-embeddings": self.put("copy.safetensors", read(self.store))}
        finished(pairs(self.out, GIVEN | given))
        content = bytearray(read(self.store))
        content[-20] ^= 1
        bad = self.put("copy.safetensors", bytes(content))
        self.refused(pairs(self.out, GIVEN | given | {"resume": True}), bad)
        changed = dict(self.arrays, bias=("F64", [], struct.pack("<d", -1.25)))
        self.put("copy.safetensors", safetensors(changed))
        self.refused(pairs(self.out, GIVEN | given | {"resume": True}), "given_reference")
        nearly = struct.unpack("<d", self.arrays["bias"][2])[0] * (1 + 1e-12)
        self.put("copy.safetensors", safetensors(
            dict(self.arrays, bias=("F64", [], struct.pack("<d", nearly)))))
        self.refused(pairs(self.out, GIVEN | given | {"resume": True}), "given_reference")


class Losses(FolderCase):
    """Of text: the same by losses, and another reference for the first stage of a cascade."""

    def embedding_flops(self, out):
        return {run["arm"]: run["flops"]["pool_embedding"] for run in summary_of(out)["runs"]}

    def test_losses_say_what_the_reference_said(self):
        train_tasks.write_tables()
        given = {"arms": "uniform,joint,cascade"}
        cached = path("cached")
        finished(train_tasks.train("text", cached, given | {"cache-reference": True}))
        store = os.path.join(cached, "reference_losses.safetensors")
        first = {"reference-losses": store, "cascade-losses": store}
        finished(train_tasks.train("text", self.out, given | first))
        for run in summary_of(cached)["runs"]:
            folder = folder_of(run)
            self.assertEqual(tensors(self.out, folder, "model.safetensors"),
                             tensors(cached, folder, "model.safetensors"), folder)
        arrays = arrays_in(store)
        count = arrays["losses"][1][0]
        other = npy("F32", [count], [-loss for loss in floats(arrays["losses"][2])])
        write(other, path("other.npy"))
        out = path("out-other")
        finished(train_tasks.train("text", out, given | first | {"cascade-losses": path("other.npy")}))
        same = {arm: tensors(out, f"{arm}-seed3", "model.safetensors") ==
                     tensors(cached, f"{arm}-seed3", "model.safetensors")
                for arm in ("uniform", "joint", "cascade")}
        self.assertEqual(same, {"uniform": True, "joint": True, "cascade": False})
        self.assertEqual(self.embedding_flops(out), {"uniform": 0, "joint": None, "cascade": None})
        stated = path("out-stated-losses")
        finished(train_tasks.train("text", stated, given | first | {"reference-flops": 7e6}))
        self.assertEqual(self.embedding_flops(stated), {"uniform": 0, "joint": 7e6, "cascade": 7e6})
        live = path("out-live")  # a first stage by others' losses, the second by a reference that runs
        finished(train_tasks.train("text", live, given | {"cascade-losses": store, "cache-reference": True}))
        self.assertIsNone(self.embedding_flops(live)["cascade"])
        self.assertGreater(self.embedding_flops(live)["joint"], 0)
        for arm in ("rho-1", "joint:score-prefix=8"):
            self.refused(train_tasks.train("text", path("refused"), first | {"arms": arm}), arm)


def read_report(out):
    finished(execute("report", out))
    return read(out, "report.html").decode()


if __name__ == "__main__":
    main()
