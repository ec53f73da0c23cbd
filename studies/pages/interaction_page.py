"""The page of evidence of a recipe about the interaction of pairs: a table for every batch size."""

import statistics

from pages.summaries import (finals, mean_share, options_of_arm, processor, read_summary, runs_by_arm,
                       shown_command, shown_measures, spread)

COSTS_NOTHING = "independent"


def batch_size(arm, summary):
    return int(options_of_arm(arm).get("count", summary["data"]["count"]))


def strength(arm):
    """(κ, from when) of an arm; None where there is nothing to interact."""
    kind = arm.split(":")[0]
    if kind == COSTS_NOTHING:
        return "0", ""
    if kind != "joint":
        return "–", ""
    value, _, start = options_of_arm(arm)["interaction"].partition("@")
    return value, start or "the start"


def early_and_late(runs, name):
    """Medians over seeds of means over the first and the last fifth of what was looked at."""
    def part(gradients, late):
        fifth = max(1, len(gradients) // 5)
        taken = gradients[-fifth:] if late else gradients[:fifth]
        return statistics.mean(one[name] for one in taken)
    return " → ".join(f"{statistics.median(part(run['gradients'], late) for run in runs):.2f}"
                      for late in (False, True))


def gains(runs, independent, measure):
    """By how much an arm ends ahead of independent selection of the same batch size and seed."""
    sign = 1 if measure["higher_is_better"] else -1
    others = dict(zip((run["seed"] for run in independent), finals(independent, measure)))
    return [sign * (value - others[run["seed"]]) for run, value in
            zip(runs, finals(runs, measure), strict=True) if run["seed"] in others]


def seeds_ahead(gained):
    return f"{sum(gain > 0 for gain in gained)} of {len(gained)}"


def signed_spread(gained):
    middle, low, high = statistics.median(gained), min(gained), max(gained)
    return f"{middle:+.3f}" + (f" ({low:+.3f} to {high:+.3f})" if len(gained) > 1 else "")


def share_text(values):
    return f"{100 * statistics.median(values):.1f} %"


def independent_of(arms):
    return next(runs for arm, runs in arms.items() if arm.split(":")[0] == COSTS_NOTHING)


def overview(groups, summary):
    """Rows: strength and start of the interaction. Columns: batch sizes."""
    measure = summary["measures"][0]
    cells = {}
    for count, arms in sorted(groups.items()):
        for arm, runs in arms.items():
            if arm.split(":")[0] == "joint":
                gained = gains(runs, independent_of(arms), measure)
                cells.setdefault(strength(arm), {})[count] = signed_spread(gained)
    counts = sorted(groups)
    lines = [f"## {measure['label']} gained over independent selection", "",
             "Of the same seed and batch size; + is better.", "",
             "| κ | from | " + " | ".join(f"b = {count:,}" for count in counts) + " |",
             "|---" * (2 + len(counts)) + "|"]
    for (value, start), of_counts in cells.items():
        shown = [of_counts.get(count, "") for count in counts]
        lines.append("| " + " | ".join([value, start, *shown]) + " |")
    return lines + [""]


def row(arm, runs, independent, summary):
    tag = summary["data"]["target_tag"]
    value, start = strength(arm)
    cells = [arm.split(":")[0], value, start,
             *[spread(finals(runs, measure), 3) for measure in shown_measures(summary)],
             "" if runs is independent
             else seeds_ahead(gains(runs, independent, summary["measures"][0])),
             share_text([1 - mean_share(run, tag) for run in runs]),
             share_text([run["batches"]["repeated"] for run in runs]),
             *[early_and_late(runs, name) for name in
               ("negatives_share", "gradient_norm", "gradient_cosine")]]
    return "| " + " | ".join(cells) + " |"


def over_seeds(seeds):
    named = ", ".join(map(str, seeds))
    if len(seeds) == 1:
        return f"Seed {named} alone."
    return f"Median over seeds {named}, minimum and maximum in brackets."


def table(count, arms, summary):
    independent = independent_of(arms)
    titles = ["arm", "κ", "from", *[measure["label"] for measure in shown_measures(summary)],
              "seeds ahead of independent", f"not {summary['data']['target_tag']}", "repeated",
              "negatives' share of the loss", "gradient norm", "cosine"]
    steps = next(iter(arms.values()))[0]["steps"]
    return [f"## b = {count:,}, {steps:,} updates", "", "| " + " | ".join(titles) + " |",
            "|" + "---|" * len(titles),
            *(row(arm, runs, independent, summary) for arm, runs in arms.items()), ""]


def page(study, recipe, folder):
    """`study`: the words after studies/study, of which the first names the recipe."""
    name, summary = study.split()[0], read_summary(folder)
    data = summary["data"]
    seeds = sorted({run["seed"] for run in summary["runs"]})
    groups = {}
    for arm, runs in runs_by_arm(summary).items():
        groups.setdefault(batch_size(arm, summary), {})[arm] = runs
    lines = [
        f"# {recipe['title']}", "",
        f"Written by `studies/study {study}`; the recipe is "
        f"[studies/recipes/{name}.toml](../../studies/recipes/{name}.toml). Machine: {processor()}.", "",
        f"Pool {data['pool']['rows']:,} examples, of which "
        f"{100 * data['pool']['tags'][data['target_tag']]:.0f} % are {data['target_tag']}. Every arm "
        "but uniform takes b out of B = 5b. κ weighs the pair terms of joint selection; 0 is "
        f"independent selection. {over_seeds(seeds)}", "",
        "Of the batches that were trained on: *repeated* is the share of examples of which one side "
        "(of glyphs: the name) is another example's, too, and so a negative that is none. From the "
        "first to the last fifth of a run: what pairs of two examples make up of the *loss*, the norm "
        "of the batch's "
        "*gradient* by all weights, and its *cosine* with the gradient of a curated batch of the same "
        "size.", "", *overview(groups, summary)]
    for count, arms in sorted(groups.items()):
        lines += table(count, arms, summary)
    if "remark" in recipe:
        lines += ["## What is seen", "", *recipe["remark"].strip().splitlines(), ""]
    return "\n".join(lines + [f"`{shown_command(summary)}`"]) + "\n"
