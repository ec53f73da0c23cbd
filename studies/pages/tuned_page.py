"""The page of a recipe with [tune]: every arm at its own best rate, against uniform training, against
uniform training on pool and curated set together, and online selection against filters."""

import math
import statistics

from pages.evidence_page import data_sentence, ratio_text
from pages.summaries import (labelled, mean_share, processor, reaches, read_summary, runs_by_arm,
                             shown_command, shown_measures, spread, start_sentences, uniform_of)
from tuning import RATE, chosen, judged, without_rate

COSTS = ("updates, times less", "FLOPs of the run, times less", "all-in FLOPs, times less",
         "all-in CPU seconds, times less")
JOULES = "all-in joules, times less"
EQUAL = 1.05  # costs up to this ratio count as equal


def outcome(run):
    """The evaluation that counts: the last, or of the curated set alone the one that the rows kept
    for choices like best."""
    if run["kind"] != "curated":
        return run["evaluations"][-1]
    step = run["best_by_validation"]["step"]
    return next(one for one in run["evaluations"] if one["step"] == step)


def known(parts):
    return sum(math.nan if part is None else part for part in parts)


def all_in_flops(run):
    once = [run["flops"][part] for part in ("reference_training", "pool_embedding")]
    return known([outcome(run)["flops"], *once])


def all_in_seconds(run):
    return known([outcome(run)["cpu_seconds"], *run["cpu_seconds_once"].values()])


def all_in_joules(run):
    """Of a run stopped early, the part of its steps."""
    own, *once = run["joules"].values()
    share = outcome(run)["step"] / run["steps"]
    return known([None if own is None else share * own, *once])


def costs(metered):
    functions = [lambda run: outcome(run)["step"], lambda run: outcome(run)["flops"], all_in_flops,
                 all_in_seconds]
    titles = list(COSTS)
    if metered:
        functions.append(all_in_joules)
        titles.append(JOULES)
    return titles, functions


def is_metered(summary):
    return all(run["joules"].get("run") is not None for run in summary["runs"])


def values_of(runs, measure):
    return [outcome(run)[measure["name"]] for run in runs]


def line_of(cells):
    return "| " + " | ".join(cells) + " |"


class Table:
    """Every arm against the runs that set a target."""

    def __init__(self, summary, target_runs):
        self.summary = summary
        self.target_runs = target_runs
        self.measure = summary["measures"][0]
        self.target = statistics.median(values_of(target_runs, self.measure))
        self.titles, self.costs = costs(is_metered(summary))

    def ratios(self, runs):
        def less(cost):
            return ratio_text(statistics.median(map(cost, self.target_runs))
                              / statistics.median(map(cost, runs)))

        reached = sum(reaches(self.measure, value, self.target)
                      for value in values_of(runs, self.measure))
        return [f"{reached} of {len(runs)}", *map(less, self.costs)]


def useful_tags(summary):
    """Those of the useful rows: the curated rows' tag, or else what the arm drew that only knows tags."""
    tag = summary["data"]["target_tag"]
    oracles = (run["arm"].split(":")[1].split("+") for run in summary["runs"] if run["kind"] == "oracle")
    return [tag] if tag else next(oracles, [])


def picked_titles(summary):
    titles = ["learner scored"]
    if all("near_duplicates" in run["batches"] for run in summary["runs"]):
        titles.append("near-duplicates in a batch")
    if tags := useful_tags(summary):
        titles.append("+".join(tags) + " picked")
    return titles + ["curated picked"]


def picked_cells(summary, runs):
    def share(*tags):
        return f"{100 * statistics.median(sum(mean_share(run, tag) for tag in tags) for run in runs):.0f} %"

    cells = [f"{statistics.median(run['examples_scored'] for run in runs):,.0f}"]
    if all("near_duplicates" in run["batches"] for run in summary["runs"]):
        copies = statistics.median(run["batches"]["near_duplicates"] for run in runs)
        cells.append(f"{100 * copies:.1f} %")
    if tags := useful_tags(summary):
        cells.append(share(*tags))
    return cells + ["100 %" if runs[0]["kind"] == "curated" else share("curated")]


def rate_of(arm, summary_rate):
    return arm.split(RATE)[1].split(":")[0] if RATE in arm else summary_rate


def step_seconds(runs):
    """Processor time of a step; the guide's training and what it says once are not in it."""
    return statistics.median(run["cpu_seconds"] / run["steps"] for run in runs)


def first_table(summary, arms, uniform_rate):
    uniform = uniform_of(arms)
    table = Table(summary, uniform)
    measures = shown_measures(summary)
    titles = ["arm", "rate", "updates", *[measure["label"] for measure in measures], "reached",
              *table.titles, "CPU seconds a step, of uniform's", *picked_titles(summary)]
    yield line_of(titles)
    yield "|" + "---|" * len(titles)
    for arm, runs in arms.items():
        steps = statistics.median(outcome(run)["step"] for run in runs)
        yield line_of([f"`{without_rate(arm)}`", rate_of(arm, uniform_rate), f"{steps:,.0f}",
                       *[spread(values_of(runs, measure), 3) for measure in measures],
                       *table.ratios(runs), f"{step_seconds(runs) / step_seconds(uniform):.2f}",
                       *picked_cells(summary, runs)])


def table_against(summary, arms, target_runs):
    table = Table(summary, target_runs)
    titles = ["arm", "reached", *table.titles]
    yield line_of(titles)
    yield "|" + "---|" * len(titles)
    for arm, runs in arms.items():
        yield line_of([f"`{without_rate(arm)}`", *table.ratios(runs)])


def is_filter(runs):
    return runs[0]["kind"] == "filter"


def is_online(runs):
    return runs[0]["role"] == "contender" and runs[0]["score"] == "learnability"


def best_by_choice(arms, choice, measure):
    """The arm that the tuning run liked best, and its runs."""
    best = max if measure["higher_is_better"] else min
    return best(arms.items(), key=lambda one: choice[one[0]])


def duel(summary, arms, choice):
    """Online selection against the filter that costs no more, both as the tuning run chose them."""
    measure = summary["measures"][0]
    online_arms = {arm: runs for arm, runs in arms.items() if is_online(runs)}
    if not online_arms:
        return
    online, its_runs = best_by_choice(online_arms, choice, measure)
    cost = statistics.median(map(all_in_flops, its_runs))
    filters = {arm: runs for arm, runs in arms.items()
               if is_filter(runs) and statistics.median(map(all_in_flops, runs)) <= EQUAL * cost}
    if not filters:
        return
    rival, rival_runs = best_by_choice(filters, choice, measure)
    sign = 1 if measure["higher_is_better"] else -1
    gains = [sign * (a - b) for a, b in zip(values_of(its_runs, measure), values_of(rival_runs, measure))]
    yield line_of(["", "arm", measure["label"], "all-in FLOPs", "all-in CPU seconds"])
    yield "|" + "---|" * 5
    for name, arm, runs in (("best filter", rival, rival_runs), ("best online", online, its_runs)):
        yield line_of([name, f"`{without_rate(arm)}`", spread(values_of(runs, measure), 3),
                       f"{statistics.median(map(all_in_flops, runs)):.3g}",
                       f"{statistics.median(map(all_in_seconds, runs)):.0f}"])
    yield line_of(["gain of online", "seed by seed", signed(gains), "", ""])


def signed(gains):
    return (f"{statistics.median(gains):+.3f} ({min(gains):+.3f} to {max(gains):+.3f})")


def tuning_sentence(recipe, tuned):
    tune, sets = recipe["tune"], tuned["data"]["eval"]
    rows = ", ".join(f"{one['name']} {one['validation']:,}".strip() for one in sets)
    rates = ", ".join(map(str, tune["learning-rate"]))
    return (f"Every arm was tried at the rates {rates}, and at each choice that the recipe writes, on "
            f"seed {tune['seed']} and on held-out rows that no figure here is of ({rows}): "
            f"{len(tuned['runs'])} runs, after the [protocol](../../studies/PROTOCOL.md).")


def page(study, recipe, folder):
    """`study`: the words after studies/study, of which the first names the recipe."""
    name = study.split()[0]
    summary = read_summary(folder)
    tuned = read_summary(folder.with_name(folder.name + "-tune"))
    names, measure = chosen(recipe, tuned), summary["measures"][0]
    of_run = {run["arm"]: judged(run, measure) for run in tuned["runs"]}
    choice = {("uniform" if arm == "uniform" else one): of_run[one] for arm, one in names.items()}
    arms = runs_by_arm(summary)
    uniform = uniform_of(arms)
    lines = [
        f"# {recipe['title']}", "",
        f"Written by `studies/study {study}`; the recipe is "
        f"[studies/recipes/{name}.toml](../../studies/recipes/{name}.toml). Machine: {processor()}, "
        "one thread a run, shared with other work: FLOPs are exact, CPU seconds nearly so.", "",
        data_sentence(summary), "", *start_sentences(recipe), tuning_sentence(recipe, tuned), "",
        "The target is what the long uniform run ends with in the median. \"Times less\" divides its "
        "cost by the arm's; all-in counts what is paid once, too: the guide's training or counting, "
        "and what it says of every row. Median over seeds, minimum and maximum in brackets. `curated` "
        "stops where the rows kept for choices like it best.", "",
        *first_table(summary, arms, names["uniform"].split(RATE)[1])]
    mixed = next((arm for arm in arms if without_rate(arm) == "mixed"), None)
    if mixed:
        value = labelled(measure, statistics.median(values_of(arms[mixed], measure)))
        lines += ["", "## Against uniform training with the curated set in its pool", "",
                  f"The same runs; the target is what `mixed` ends with: {value}.", "",
                  *table_against(summary, arms, arms[mixed])]
    table = list(duel(summary, arms, choice))
    if table:
        lines += ["", "## Online against a filter", "",
                  "The online arm and the filter that the tuning run liked best; the filter costs no "
                  f"more than {EQUAL:g} times the FLOPs all-in.", "", *table]
    if "remark" in recipe:
        lines += ["", " ".join(recipe["remark"].split())]
    return "\n".join(lines + ["", f"`{shown_command(summary)}`"]) + "\n"
