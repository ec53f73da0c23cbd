#!/usr/bin/env python3
"""jest-train: joules where the machine has a meter, by a made-up powercap folder whose counters rise with
the clock; "no meter" where it has none. Usage: train_energy_test.py JEST_TRAIN
"""

import html
import json
import os
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from train_cases import (SIZES, FolderCase, execute, finished, main, pairs, path, read, start_pairs,
                         summary_of)

WATTS = {"package-0": 100, "package-1": 50}
BOTH = sum(WATTS.values())
RANGE = 30  # joules: a counter starts again every fraction of a second
GIVEN = SIZES | {"arms": "uniform,joint", "seeds": 1, "steps": 40, "reference-steps": 20,
                 "eval-every": 10, "checkpoint-every": 10, "cache-reference": True}
STAGES = ("load", "learner_scoring", "reference_scoring", "selection", "gather", "train")


class Powercap:
    """A folder like /sys/class/powercap, while it is entered."""

    def __init__(self, folder):
        self.folder = folder
        self.zones = {"intel-rapl:0": ("package-0", WATTS["package-0"]),
                      "intel-rapl:1": ("package-1", WATTS["package-1"]),
                      "intel-rapl:0:0": ("core", 1e6), "intel-rapl:2": ("psys", 1e6)}
        self.start = time.monotonic()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.rise)

    def set_all(self):
        seconds = time.monotonic() - self.start
        for zone, (_, watts) in self.zones.items():
            new = os.path.join(self.folder, zone, "new")
            with open(new, "w", encoding="ascii") as file:
                print(int((29 + watts * seconds) % RANGE * 1e6), file=file)
            os.rename(new, os.path.join(self.folder, zone, "energy_uj"))

    def rise(self):
        while not self.stopped.wait(0.001):
            self.set_all()

    def __enter__(self):
        for zone, (name, _) in self.zones.items():
            os.makedirs(os.path.join(self.folder, zone))
            for file, line in (("name", name), ("max_energy_range_uj", int(RANGE * 1e6))):
                with open(os.path.join(self.folder, zone, file), "w", encoding="ascii") as written:
                    print(line, file=written)
        self.set_all()
        self.thread.start()
        return self.folder

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def with_powercap(folder):
    return {"env": os.environ | {"JEST_POWERCAP": folder}}


def step_seconds(run):
    return sum(run["seconds"][stage] for stage in STAGES)


class Energy(FolderCase):
    def folder(self):
        os.makedirs(self.out, exist_ok=True)
        return os.path.join(self.out, "powercap")

    def run_here(self, folder, **changes):
        out = os.path.join(self.out, "run")
        begin = time.monotonic()
        done = finished(pairs(out, GIVEN | changes, **with_powercap(folder)))
        return out, done.stdout.decode(), BOTH * (time.monotonic() - begin)

    def check_near(self, joules, seconds):
        """What both packages take in that time. The counters' steps are as coarse as the machine is
        busy; a sub-domain, psys or a lost part would be far away."""
        self.assertGreater(joules, 0.6 * BOTH * seconds)
        self.assertLess(joules, 1.6 * BOTH * seconds + 0.1 * BOTH)

    def test_joules_stand_beside_seconds_and_flops(self):
        with Powercap(self.folder()) as folder:
            out, printed, most = self.run_here(folder)
        summary = summary_of(out)
        self.assertEqual(summary["energy"],
                         {"meter": "processor packages (RAPL)", "not_counted": []})
        uniform, joint = summary["runs"]
        for run in (uniform, joint):
            self.check_near(run["joules"]["run"], step_seconds(run))
        reference = summary["reference"]["joules"]
        self.check_near(reference, summary["reference"]["seconds"])
        self.assertEqual(uniform["joules"] | {"run": 0},
                         {"run": 0, "reference_training": 0, "pool_embedding": 0})
        self.assertEqual(joint["joules"]["reference_training"], reference)
        self.assertGreaterEqual(joint["joules"]["pool_embedding"], 0)
        all_of_it = sum(uniform["joules"].values()) + sum(joint["joules"].values())
        self.assertLess(all_of_it, most + 0.1 * BOTH)
        self.check_shown(out, printed)

    def check_shown(self, out, printed):
        self.assertIn("joules      all-in", printed)
        self.assertIn("joules: of the machine's processor packages (RAPL)", printed)
        self.assertRegex(printed, r"\njoint +[\d.]+ k?J +[\d.]+ k?J\n")
        self.assertLessEqual(max(map(len, printed.splitlines())), 80)
        page = self.report(out)
        self.assertIn("<h4>Energy</h4>", page)
        self.assertIn("other programs included", page)
        self.assertNotIn("No meter", page)

    def report(self, out):
        finished(execute("report", out))
        return html.unescape(read(out, "report.html").decode())

    def test_evaluations_have_them(self):
        with Powercap(self.folder()) as folder:
            out, *_ = self.run_here(folder)
        lines = [json.loads(line) for line in read(out, "joint-seed1", "metrics.jsonl").splitlines()]
        joules = [line["joules"] for line in lines if line["event"] == "evaluation"]
        self.assertEqual(len(joules), 4)
        self.assertEqual(joules, sorted(joules))
        self.assertEqual(joules[-1], summary_of(out)["runs"][1]["joules"]["run"])

    def kill_in_the_middle(self, out, folder):
        last = os.path.join(out, "joint-seed1", "checkpoints", "step-00000030")
        environment, os.environ["JEST_POWERCAP"] = os.environ.copy(), folder
        try:
            with start_pairs(out, GIVEN) as process:
                while process.poll() is None and not os.path.exists(last):
                    time.sleep(0.001)
                process.send_signal(signal.SIGKILL)
        finally:
            os.environ.clear()
            os.environ.update(environment)
        self.assertEqual(process.returncode, -signal.SIGKILL)

    def test_a_resumed_run_counts_on(self):
        with Powercap(self.folder()) as folder:
            out = os.path.join(self.out, "run")
            self.kill_in_the_middle(out, folder)
            time.sleep(1)  # the counters rise meanwhile
            self.run_here(folder, resume=True)
        for run in summary_of(out)["runs"]:
            self.check_near(run["joules"]["run"], step_seconds(run))
        self.assertIsNotNone(summary_of(out)["runs"][1]["joules"]["pool_embedding"])

    def test_what_was_counted_in_part_is_not_known(self):
        with Powercap(self.folder()) as folder:
            out = os.path.join(self.out, "run")
            self.kill_in_the_middle(out, folder)
            finished(pairs(out, GIVEN | {"resume": True}, **with_powercap(path("absent"))))
            finished(pairs(out, GIVEN | {"resume": True}, **with_powercap(folder)))
        uniform, joint = (run["joules"] for run in summary_of(out)["runs"])
        self.assertIsNone(joint["run"])
        self.assertGreater(uniform["run"], 0)
        self.assertGreater(joint["reference_training"], 0)
        self.assertIn(">not counted</td>", self.report(out))

    def check_no_meter(self, folder, reason):
        out, printed, _ = self.run_here(folder)
        summary = summary_of(out)
        self.assertEqual(summary["energy"],
                         {"meter": None, "not_counted": [f"processor packages (RAPL): {reason}"]})
        self.assertIsNone(summary["reference"]["joules"])
        self.assertIsNone(summary["runs"][1]["joules"]["run"])
        self.assertIn("joules: no meter\nnot counted: processor packages (RAPL): " + reason, printed)
        self.assertIn(f"No meter. Not counted: processor packages (RAPL): {reason}.", self.report(out))

    def test_no_meter_is_said(self):
        self.check_no_meter(path("absent"), f"no package in {path('absent')}")

    def test_a_meter_that_cannot_be_read_is_said(self):
        with Powercap(self.folder()) as folder:
            pass
        counter = os.path.join(folder, "intel-rapl:1", "energy_uj")
        os.remove(counter)
        os.mkdir(counter)  # root, too, cannot read it
        self.check_no_meter(folder, f"{counter}: Is a directory")


if __name__ == "__main__":
    main()
