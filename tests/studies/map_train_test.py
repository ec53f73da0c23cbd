#!/usr/bin/env python3
"""A tiny map by the real jest-train, from pools to the page. Usage: map_train_test.py JEST_TRAIN"""

import contextlib
import io
import json
import pathlib
import random
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pool_map import cells, results
from pool_map.cells import Extent
from pool_map.run import MapRun, write_evidence
from pool_map.sets import Glyphs, Translations
from pool_map.tables import write_images, write_tsv

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
TINY = Extent("map-tiny", (1, 0.25), (0.5, 0.8), (1,))
SMALLER = ((cells, "POOL", 640), (cells, "COUNT", 8), (cells, "STEPS", 4), (results, "STEPS", 4))
OPTIONS = {"pairs": {"reference-width": 4, "reference-hidden": 4, "reference-steps": 2},
           "images": {"channels": 2, "hidden": 4, "reference-channels": 2, "reference-hidden": 4,
                      "reference-steps": 2}}


def write_translations(folder):
    generator = random.Random(3)

    def rows(count, tag):
        return [tuple("".join(generator.choices("abcdefgh", k=8)) for _ in range(2)) + (tag,)
                for _ in range(count)]

    for name, count in (("curated", 60), ("pool", 800), ("eval", 30)):
        write_tsv(folder / f"{name}.tsv", rows(count, "it") + (rows(count, "de") if name == "pool" else []))


def write_glyphs(folder):
    generator = random.Random(4)
    names = [f"{'LATIN' if k % 2 else 'GREEK'} LETTER {k}" for k in range(40)]
    (folder / "names.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    for name, count in (("curated", 120), ("pool", 1600), ("eval-seen", 80), ("eval-unseen", 80)):
        rows = [(generator.randbytes(256), k % 40, "true") for k in range(count)]
        write_images(folder / f"{name}.safetensors", rows, 16)


class Map(unittest.TestCase):
    def test_from_pools_to_the_page(self):
        with contextlib.ExitStack() as stack:
            home = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            for module, name, value in SMALLER:
                stack.enter_context(mock.patch.object(module, name, value))
            stack.enter_context(mock.patch.object(cells, "OPTIONS", OPTIONS))
            stack.enter_context(mock.patch.dict(cells.COMMON, {"count": 8, "steps": 4}))
            run = MapRun(PROGRAM.parent, home / "map", TINY)
            for made, write in ((Translations, write_translations), (Glyphs, write_glyphs)):
                prepared = home / made.name
                prepared.mkdir()
                write(prepared)
                run.sets[made.name] = made(prepared)
            run.run_all(2)
            finished = run.results()
            write_evidence(finished, TINY, home / "docs")
            points = json.loads((home / "docs/map.json").read_text(encoding="utf-8"))["points"]
            page = (home / "docs/map.md").read_text(encoding="utf-8")
        self.assertEqual(len(finished), 2 * (1 + 3))
        self.assertEqual(len(points), 2 * 3 * 2 * 3)  # joint twice, a cascade once
        for point in points:
            # A FLOP of the run is worth less than an update, one with all counted still less.
            self.assertLess(point["run_flops"], point["updates"])
            self.assertLess(point["all_in_flops"], point["run_flops"])
        for cell, summary in finished:
            pool = summary["data"]["pool"]
            self.assertEqual((pool["rows"], pool["tags"]["useful"]), (640, cell.spec.share))
            self.assertEqual(summary["data"]["target_tag"], "useful")
        self.assertNotIn("Interrupted", page)
        self.assertIn("### Glyphs: the rest is duplicates", page)


if __name__ == "__main__":
    unittest.main()
