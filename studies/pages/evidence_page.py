"""The page of evidence of one recipe: every arm against the long uniform run."""

import statistics

from pages.summaries import (all_flops, best_on_the_way, finals, held_out, labelled, mean_share,
                       number_text, processor, reaches, read_summary, run_flops, runs_by_arm,
                       shown_command, shown_measures, spread, start_sentences,
                       uniform_of)


def ratio_text(ratio):
    return number_text(ratio, 1 if ratio >= 0.995 else 2)


def counts_duplicates(summary):
    return all("near_duplicates" in run.get("batches", {}) for run in summary["runs"])


def knows_time(summary):
    """Wall time is no measure on a shared machine; processor time is."""
    return all("cpu_seconds" in run for run in summary["runs"])


def arm_row(arm, runs, uniform, summary):
    """How many times less than the long uniform run each thing was; medians over seeds."""
    measures, tag = shown_measures(summary), summary["data"]["target_tag"]
    target = statistics.median(finals(uniform, measures[0]))

    def less(cost):
        return ratio_text(statistics.median(map(cost, uniform)) / statistics.median(map(cost, runs)))

    reached = sum(reaches(measures[0], value, target) for value in finals(runs, measures[0]))
    less_cpu = [less(lambda run: run["cpu_seconds"])] if knows_time(summary) else []
    cells = [f"`{arm}`", f"{runs[0]['steps']:,}",
             *[spread(finals(runs, measure), 3) for measure in measures],
             f"{reached} of {len(runs)}", less(lambda run: run["steps"]), less(run_flops),
             less(all_flops), *less_cpu,
             f"{statistics.median(run['examples_scored'] for run in runs):,.0f}"]
    if counts_duplicates(summary):
        share = statistics.median(run["batches"]["near_duplicates"] for run in runs)
        cells.append(f"{100 * share:.1f} %")
    if tag:
        cells.append(f"{100 * statistics.median(mean_share(run, tag) for run in runs):.0f} %")
    return "| " + " | ".join(cells) + " |"


def head_rows(summary):
    tag = summary["data"]["target_tag"]
    titles = ["arm", "updates", *[measure["label"] for measure in shown_measures(summary)],
              "reached", "updates, times less", "FLOPs of the run, times less",
              "all-in FLOPs, times less"]
    titles += ["CPU seconds, times less"] if knows_time(summary) else []
    titles += ["learner scored"]
    titles += ["near-duplicates in a batch"] if counts_duplicates(summary) else []
    titles += [f"{tag} picked"] if tag else []
    return ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]


def reference_sentence(summary, measure):
    """How good it is, where it is a model that can be asked."""
    reference = summary["reference"]
    if measure["name"] in reference:
        return f"The reference by itself: {labelled(measure, reference[measure['name']])}"
    if "counts" in reference:
        return f"The reference counts n-grams ({reference['counts']})"
    return "The reference was asked before, by other programs"


def data_sentence(summary):
    data, tag = summary["data"], summary["data"]["target_tag"]
    measure, seeds = summary["measures"][0], sorted({run["seed"] for run in summary["runs"]})
    useful = 100 * data["pool"].get("tags", {}).get(tag, 0)
    direction = "" if measure["higher_is_better"] else "; lower is better"
    return (f"Pool {data['pool']['rows']:,} {summary['examples']}"
            + (f", of which {useful:.1f} % are useful ({tag})" if tag else "")
            + f"; curated {data['curated']['rows']:,}; held out {held_out(data)}. b = "
            f"{data['count']}; seeds {', '.join(map(str, seeds))}. "
            + reference_sentence(summary, measure) + f"{direction}.")


def page(study, recipe, folder):
    """`study`: the words after studies/study, of which the first names the recipe."""
    name = study.split()[0]
    summary = read_summary(folder)
    arms, measure = runs_by_arm(summary), summary["measures"][0]
    uniform = uniform_of(arms)
    best = spread([best_on_the_way(run, measure) for run in uniform], 3)
    shorter = any(run["steps"] < uniform[0]["steps"] for run in summary["runs"])
    baseline = "long uniform run" if shorter else "uniform run"
    lines = [
        f"# {recipe['title']}", "",
        f"Written by `studies/study {study}`; the recipe is "
        f"[studies/recipes/{name}.toml](../../studies/recipes/{name}.toml). Machine: {processor()}, shared with "
        "other work: FLOPs are exact, "
        + ("CPU seconds nearly so." if knows_time(summary) else "times are left out."), "",
        data_sentence(summary),
        "", *start_sentences(recipe), f"The target is what the {baseline} reaches in the median. \"Times less\" divides "
        f"the {baseline}'s cost by the arm's: all-in counts reference training and pool "
        f"embedding too. Median over seeds, minimum and maximum in brackets. The {baseline}'s best "
        f"evaluation on its way: {best}.", "", *head_rows(summary)]
    lines += [arm_row(arm, runs, uniform, summary) for arm, runs in arms.items()]
    if "remark" in recipe:
        lines += ["", " ".join(recipe["remark"].split())]
    return "\n".join(lines + ["", f"`{shown_command(summary)}`"]) + "\n"
