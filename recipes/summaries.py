"""What the pages of evidence read from a run's summary.json."""

import json
import pathlib
import platform
import re
import statistics


def read_summary(folder):
    return json.loads((pathlib.Path(folder) / "summary.json").read_text(encoding="utf-8"))


def runs_by_arm(summary):
    arms = {}
    for run in summary["runs"]:
        arms.setdefault(run["arm"], []).append(run)
    return arms


def run_flops(run):
    """Without what is paid once: reference training and pool embedding."""
    return sum(run["flops"][k] for k in ("learner_training", "learner_scoring", "reference_scoring"))


def all_flops(run):
    return sum(run["flops"].values())


def step_seconds(run):
    return sum(v for k, v in run["seconds"].items() if k != "evaluate")


def final_recall(run):
    return run["evaluations"][-1]["r_at_1"]


def recall_at(run, step):
    return max((e for e in run["evaluations"] if e["step"] <= step), key=lambda e: e["step"])["r_at_1"]


def mean_share(run, tag):
    return statistics.mean(p.get(tag, 0) for p in run["picked_tags"])


def spread(values, digits):
    middle, low, high = statistics.median(values), min(values), max(values)
    if len(values) == 1:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def shown_command(summary):
    """The command without the folders of one machine."""
    command = re.sub(r"\S*/(curated|pool|eval)\.tsv", r"DATA/\1.tsv", summary["command"])
    return re.sub(r"--out \S+", "--out OUT", command)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
