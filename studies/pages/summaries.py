"""What the pages of evidence read from a run's summary.json."""

import json
import math
import pathlib
import platform
import re
import shlex
import statistics
import sys
import zlib


def check_checksum(path, content):
    """As docs/formats.md has it; what carries none is read as it is."""
    start, field, said = content.rstrip().rpartition(b'"crc32":"')
    came = f"{zlib.crc32(start):08x}"
    if field and len(said) == 10 and said.endswith(b'"}') and said[:8] != came.encode():
        sys.exit(f"read {path}: expected the content of its crc32 {said[:8].decode(errors='replace')}, got {came}")


def read_summary(folder):
    path = pathlib.Path(folder) / "summary.json"
    summary = read_numbers(path)
    for field in ("task", "examples", "measures"):
        if field not in summary:
            sys.exit(f"read {path}: expected a field {field}, got none of that name")
    return summary


def read_numbers(path):
    """A summary of which every evaluation has its measures."""
    content = path.read_bytes()
    check_checksum(path, content)
    try:
        summary = json.loads(content)
    except ValueError as error:
        sys.exit(f"read {path}: expected JSON, got {error}")
    for measure in (measure["name"] for measure in summary.get("measures", [])):
        for name, values in evaluated(summary):
            if measure in values and values[measure] is None:
                sys.exit(f"read {path}: expected a number as {measure} of {name}, got none: "
                         "a run that diverged")
    return summary


def evaluated(summary):
    """(what, values by measure) of every evaluation; NaN is null in JSON."""
    yield "the reference", summary["reference"]  # without measures where it counts or is cached
    for run in summary["runs"]:
        for values in run["evaluations"]:
            yield f"{run['arm']}, seed {run['seed']}, step {values['step']}", values


def runs_by_arm(summary):
    arms = {}
    for run in summary["runs"]:
        arms.setdefault(run["arm"], []).append(run)
    return arms


def uniform_of(arms):
    """What the others are compared with."""
    if "uniform" not in arms:
        sys.exit(f"page: expected an arm uniform, got {', '.join(arms)}")
    return arms["uniform"]


def options_of_arm(arm):
    """What NAME:OPTION=VALUE:... says after its name."""
    return dict(word.split("=", 1) for word in arm.split(":") if "=" in word)


def shown_measures(summary):
    """The primary measure and the further ones, but for those that follow: R@10 from R@1, perplexity from
    nats, and nats of single sets where there are their bits per byte."""
    first, *further = summary["measures"]
    follow = ["r_at_10", "perplexity"]
    if any(measure["name"] == "bits_per_byte" for measure in further):
        follow.append("nats_per_token")
    return [first] + [measure for measure in further if not measure["name"].startswith(tuple(follow))]


def run_flops(run):
    """Without what is paid once: reference training and pool embedding."""
    return sum(run["flops"][k] for k in ("learner_training", "learner_scoring", "reference_scoring"))


def all_flops(run):
    """NaN where what training a given reference cost is unknown, which summaries have as null."""
    return sum(math.nan if part is None else part for part in run["flops"].values())


def number_text(value, digits):
    return "unknown" if math.isnan(value) else f"{value:.{digits}f}"


def step_seconds(run):
    return sum(v for k, v in run["seconds"].items() if k != "evaluate")


def finals(runs, measure):
    return [run["evaluations"][-1][measure["name"]] for run in runs]


def value_at(run, step, measure):
    evaluations = [e for e in run["evaluations"] if e["step"] <= step]
    return max(evaluations, key=lambda e: e["step"])[measure["name"]]


def best_on_the_way(run, measure):
    best = max if measure["higher_is_better"] else min
    return best(e[measure["name"]] for e in run["evaluations"])


def reaches(measure, value, target):
    return value >= target if measure["higher_is_better"] else value <= target


def labelled(measure, value):
    """A unit, in lower case, follows its number: R@1 0.740, 2.134 bits per byte."""
    label, number = measure["label"], f"{value:.3f}"
    return f"{number} {label}" if label[0].islower() else f"{label} {number}"


def mean_share(run, tag):
    return statistics.mean(p.get(tag, 0) for p in run["picked_tags"])


def spread(values, digits):
    middle, low, high = statistics.median(values), min(values), max(values)
    if len(values) == 1:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def rows_used(table):
    """1,000 of 42,083 where evaluations use fewer than there are; older summaries do not say."""
    rows = table["rows"]
    used = table.get("evaluated", rows)
    return f"{used:,} of {rows:,}" if used < rows else f"{rows:,}"


def held_out(data):
    """Rows of the evaluation tables: 977, or seen 1,000 of 42,083, unseen 800."""
    return ", ".join(f"{one['name']} {rows_used(one)}".strip() for one in data["eval"])


def shell_words(command):
    try:
        return shlex.split(command)
    except ValueError:  # of an older summary, which quoted nothing
        return command.split()


def shown_command(summary):
    """The command without the folders of one machine, quoted for a shell."""
    shown = []
    for word in shell_words(summary["command"]):
        if shown[-1:] == ["--out"]:
            word = "OUT"
        elif word.startswith("--out="):
            word = "--out=OUT"
        elif shown[-1:] == ["--init"]:
            word = "START"
        elif shown[-1:] in (["--curated"], ["--pool"]):
            word = re.sub(r"[^,=]*/([^,/]+)", r"DATA/\1", word)
        shown.append(re.sub(r"[^,=]*/([^,/]+\.(?:tsv|safetensors|bin|json))", r"DATA/\1", word))
    return shlex.join(shown)


def start_sentences(recipe):
    """What a page says of a recipe whose arms start from a model."""
    if "start" not in recipe:
        return []
    return [f"Every arm starts from the model of `{recipe['start']}`, which no figure counts.", ""]


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
