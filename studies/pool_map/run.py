"""Makes the map: prepares data, runs what is missing, writes the page, the picture and map.json."""

import concurrent.futures
import json
import os
import shutil
import subprocess
import threading

from pool_map.cells import cells, options_of
from pool_map.page import page
from pool_map.picture import svg
from pool_map.results import as_json, exceeds_uniform, points
from pool_map.sets import SETS
from pages.recipe import data_command, table_words, words
from pages.summaries import read_numbers

ONE_THREAD = dict(os.environ, OMP_NUM_THREADS="1")


def write_whole(path, text):
    """Appears whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


class MapRun:
    """Finished cells lie in `folder` as NAME.json; a cell at work has a folder NAME."""

    def __init__(self, binaries, folder, extent):
        self.train, self.folder, self.extent = binaries / "jest-train", folder, extent
        self.sets = {}

    def asked(self, cell):
        return options_of(self.sets[cell.set].task, self.extent, cell.spec.seed) | {
            "rows": cell.spec.rows}

    def finished(self, cell):
        """The summary, where the cell has been run as it is asked for now."""
        path = self.folder / f"{cell.name}.json"
        if not path.exists():
            return None
        held = json.loads(path.read_text(encoding="utf-8"))
        return held["summary"] if held["asked"] == self.asked(cell) else None

    def work(self, cell):
        return self.folder / cell.name

    def run(self, cell):
        if not self.finished(cell):
            self.run_anew(cell)
            print(cell.name, flush=True)
        shutil.rmtree(self.work(cell), ignore_errors=True)  # models and pools take gigabytes

    def run_anew(self, cell):
        """Composed anew where it was interrupted, for a pool is a pure function of the cell."""
        self.work(cell).mkdir(parents=True, exist_ok=True)
        self.sets[cell.set].write(self.work(cell), cell.spec)
        asked = self.asked(cell)
        summary = self.trained(cell, "out", asked["options"])
        if exceeds_uniform(summary):
            longest = asked["longest"] | {
                "reference": self.work(cell) / "out/reference.safetensors"}
            summary["runs"] += self.trained(cell, "longest", longest)["runs"]
        write_whole(self.folder / f"{cell.name}.json",
                    json.dumps({"asked": asked, "summary": summary}))

    def trained(self, cell, out, options):
        """The summary of a run of jest-train on the cell's tables."""
        task, work = self.sets[cell.set].task, self.work(cell)
        command = [self.train, task, *table_words(task, work), "--out", work / out,
                   *words(options), "--resume"]
        done = subprocess.run(list(map(str, command)), env=ONE_THREAD, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8",
                              errors="replace")
        if done.returncode != 0:
            said = done.stderr.splitlines() or [f"exit status {done.returncode}"]
            raise SystemExit(f"map, {cell.name}: {said[-1]}")
        return read_numbers(work / out / "summary.json")

    def run_all(self, jobs):
        """Begins no other cell once one has failed."""
        failed = threading.Event()

        def unless_failed(cell):
            try:
                if not failed.is_set():
                    self.run(cell)
            except BaseException:
                failed.set()
                raise

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(unless_failed, cells(self.extent, self.sets)))

    def results(self):
        every = ((cell, self.finished(cell)) for cell in cells(self.extent, self.sets))
        return [(cell, summary) for cell, summary in every if summary]


def write_evidence(finished, extent, docs):
    titles = [(one.name, one.label) for one in SETS]
    made = points(finished, extent)
    docs.mkdir(exist_ok=True)
    write_whole(docs / "map.md", page(finished, made, titles, extent))
    write_whole(docs / "map.svg", svg(made, titles))
    write_whole(docs / "map.json", json.dumps(as_json(made), indent=1) + "\n")


def make_map(root, extent, jobs):
    binaries = root / "build/release/bin"
    run = MapRun(binaries, root / "runs/study" / extent.name, extent)
    for one in SETS:
        command, name = data_command({"data": one.data})
        prepared = root / "runs/data" / name
        subprocess.run([binaries / "jest-data", *command, "--out", prepared], check=True)
        run.sets[one.name] = one(prepared)
    run.run_all(jobs)
    write_evidence(run.results(), extent, root / "docs/evidence")
