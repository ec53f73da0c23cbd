#!/usr/bin/env python3
"""How the map is run: what is finished is not run again, what was interrupted goes on."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pool_map import cells
from pool_map.cells import Extent
from pool_map.run import MapRun
from pool_map.sets import Translations
from pool_map.tables import write_tsv

TINY = Extent("map-tiny", (1, 0.25), (0.8,), (1,))
# Stands for jest-train: keeps its words, leaves a summary; fails where a file says so. Uniform runs
# reach their steps / 1000, selecting arms the useful share.
STUB = """#!/usr/bin/env python3
import json, pathlib, sys
words = sys.argv[1:]
out = pathlib.Path(words[words.index("--out") + 1])
pool = pathlib.Path(words[words.index("--pool") + 1])
home = pathlib.Path(__file__).parent
with open(home / "calls", "a") as file:
    file.write(json.dumps(words) + "\\n")
out.mkdir(parents=True, exist_ok=True)
if (home / "fail").exists():
    sys.exit("jest-train: nothing works today")
(out / "model.safetensors").write_text("large")
useful = pool.read_text().count("useful")

def run(arm):
    uniform = arm.startswith("uniform:steps=")
    value = int(arm.split(":")[1].split("=")[1]) / 1000 if uniform else useful / 40
    if (home / "diverge").exists():
        value = None
    return {"arm": arm, "seed": 1, "evaluations": [{"step": 9, "r_at_1": value}]}

(out / "summary.json").write_text(json.dumps({
    "rows": useful, "runs": list(map(run, words[words.index("--arms") + 1].split(","))),
    "measures": [{"name": "r_at_1", "higher_is_better": True}], "reference": {"r_at_1": 0.1}}))
"""


def is_uniform(arm):
    return arm.startswith("uniform:steps=")


class Extents(unittest.TestCase):
    def test_other_seeds_are_part_of_the_command(self):
        extent = cells.QUICK.of_seeds("4,2")
        self.assertEqual(extent.seeds, (4, 2))
        self.assertEqual(extent.command, "studies/study map --quick --seeds 4,2")
        self.assertEqual(extent.name, "map-quick")

    def test_what_is_no_seed_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "map --seeds: expected whole numbers, got 1,x"):
            cells.FULL.of_seeds("1,x")


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        patch = unittest.mock.patch.object(cells, "POOL", 40)
        patch.start()
        self.addCleanup(patch.stop)
        (self.folder / "jest-train").write_text(STUB, encoding="utf-8")
        (self.folder / "jest-train").chmod(0o755)
        prepared = self.folder / "prepared"
        prepared.mkdir()
        rows = [(f"gatto{k}", f"cat{k}", "it") for k in range(150)]
        rows += [(f"Katze{k}", f"cat{k}", "de") for k in range(150)]
        for name in ("curated", "pool", "eval"):
            write_tsv(prepared / f"{name}.tsv", rows)
        self.made = MapRun(self.folder, self.folder / "map", TINY)
        quiet = contextlib.redirect_stdout(io.StringIO())
        quiet.__enter__()
        self.addCleanup(quiet.__exit__, None, None, None)
        self.made.sets["translations"] = Translations(prepared)

    def calls(self):
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def test_every_cell_leaves_its_summary_and_nothing_else(self):
        self.made.run_all(1)
        names = sorted(path.name for path in (self.folder / "map").iterdir())
        self.assertEqual(names, ["translations-duplicates-25-seed1.json",
                                 "translations-mismatched-25-seed1.json",
                                 "translations-other-100-seed1.json",
                                 "translations-other-25-seed1.json"])
        self.assertEqual([summary["rows"] for _, summary in self.made.results()], [40, 10, 10, 10])
        first = self.calls()[0]
        self.assertEqual(first[0], "pairs")
        self.assertIn("--resume", first)
        arms = first[first.index("--arms") + 1].split(",")
        self.assertIn("joint:super-batch=640", arms)
        self.assertEqual(sum(map(is_uniform, arms)), len(cells.LENGTHS) - 1)

    def test_the_longest_uniform_run_is_made_where_an_arm_is_ahead_of_the_others(self):
        self.made.run_all(1)
        *uniform, longest = cells.uniform_arms()
        of_cells = {cell.spec.share: [run["arm"] for run in summary["runs"] if is_uniform(run["arm"])]
                    for cell, summary in self.made.results()}
        self.assertEqual(of_cells, {1: [*uniform, longest], 0.25: uniform})
        words = self.calls()[1]
        self.assertEqual(words[words.index("--arms") + 1], longest)
        work = self.folder / "map/translations-other-100-seed1"
        self.assertEqual(words[words.index("--reference") + 1],
                         str(work / "out/reference.safetensors"))

    def test_a_finished_cell_is_not_run_again(self):
        self.made.run_all(1)
        self.made.run_all(1)
        self.assertEqual(len(self.calls()), 5)

    def test_what_an_interruption_left_of_a_finished_cell_is_removed(self):
        with unittest.mock.patch("shutil.rmtree"):
            self.made.run_all(1)
        work = self.folder / "map/translations-other-100-seed1"
        self.assertTrue(work.exists())
        self.made.run_all(1)
        self.assertFalse(work.exists())

    def test_a_cell_that_was_asked_for_otherwise_is(self):
        self.made.run_all(1)
        with unittest.mock.patch.dict(cells.COMMON, {"gain": 50}):
            self.assertEqual(self.made.results(), [])
            self.made.run_all(1)
        self.assertEqual(len(self.calls()), 10)

    def test_an_interrupted_cell_goes_on_in_its_folder(self):
        (self.folder / "fail").touch()
        with self.assertRaises(SystemExit) as failed:
            self.made.run_all(1)
        self.assertEqual(failed.exception.code,
                         "map, translations-other-100-seed1: jest-train: nothing works today")
        work = self.folder / "map/translations-other-100-seed1"
        before = (work / "pool.tsv").read_bytes()
        self.assertTrue((work / "out").is_dir())
        self.assertEqual(len(self.calls()), 1)  # the others were not begun
        (self.folder / "fail").unlink()
        with unittest.mock.patch("shutil.rmtree"):
            self.made.run_all(1)
        self.assertEqual((work / "pool.tsv").read_bytes(), before)
        self.assertEqual(self.calls()[-5], self.calls()[0])

    def test_a_cell_that_diverged_is_named_and_not_kept(self):
        (self.folder / "diverge").touch()
        with self.assertRaisesRegex(SystemExit, "translations-other-100-seed1/out/summary.json: "
                                    "expected a number as r_at_1 of uniform:.*, seed 1, step 9"):
            self.made.run_all(1)
        self.assertEqual(self.made.results(), [])


if __name__ == "__main__":
    unittest.main()
