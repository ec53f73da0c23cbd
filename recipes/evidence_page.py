"""The page of evidence of one recipe: every arm against the long uniform run."""

import statistics

from summaries import (all_flops, final_recall, mean_share, processor, read_summary, run_flops,
                       runs_by_arm, shown_command, spread, step_seconds)


def ratio_text(ratio):
    return f"{ratio:.1f}" if ratio >= 0.995 else f"{ratio:.2f}"


def arm_row(arm, runs, uniform, tag):
    """How many times less than the long uniform run each thing was; medians over seeds."""
    target = statistics.median(map(final_recall, uniform))

    def less(cost):
        return ratio_text(statistics.median(map(cost, uniform)) / statistics.median(map(cost, runs)))

    reached = sum(final_recall(run) >= target for run in runs)
    cells = [f"`{arm}`", f"{runs[0]['steps']:,}", spread(list(map(final_recall, runs)), 3),
             f"{reached} of {len(runs)}", less(lambda run: run["steps"]), less(run_flops),
             less(all_flops), less(step_seconds),
             f"{statistics.median(run['examples_scored'] for run in runs):,.0f}",
             f"{100 * statistics.median(mean_share(run, tag) for run in runs):.0f} %"]
    return "| " + " | ".join(cells) + " |"


def page(name, recipe, folder):
    summary = read_summary(folder)
    data, reference, arms = summary["data"], summary["reference"], runs_by_arm(summary)
    uniform, tag = arms["uniform"], data["target_tag"]
    share = data["pool"].get("tags", {}).get(tag, 0)
    best = spread([max(e["r_at_1"] for e in run["evaluations"]) for run in uniform], 3)
    seeds = ", ".join(map(str, sorted({run["seed"] for run in summary["runs"]})))
    lines = [
        f"# {recipe['title']}", "",
        f"Written by `scripts/study {name}`; the recipe is "
        f"[recipes/{name}.toml](../../recipes/{name}.toml). Machine: {processor()}, shared with "
        "other work: FLOPs are exact, seconds are not.", "",
        f"Pool {data['pool']['rows']:,} pairs, of which {100 * share:.1f} % are useful ({tag}); "
        f"curated {data['curated']['rows']:,}; held out {data['eval']['rows']:,}. b = "
        f"{data['count']}; seeds {seeds}. The reference by itself: R@1 {reference['r_at_1']:.3f}.",
        "", "The target is what the long uniform run reaches in the median. \"Times less\" divides "
        "the long uniform run's cost by the arm's: all-in counts reference training and pool "
        f"embedding too. Median over seeds, minimum and maximum in brackets. The long uniform run's best "
        f"evaluation on its way: {best}.", "",
        f"| arm | updates | R@1 | reached | updates, times less | FLOPs of the run, times less "
        f"| all-in FLOPs, times less | seconds, times less | learner scored | {tag} picked |",
        "|" + "---|" * 10]
    lines += [arm_row(arm, runs, uniform, tag) for arm, runs in arms.items()]
    if "remark" in recipe:
        lines += ["", " ".join(recipe["remark"].split())]
    return "\n".join(lines + ["", f"`{shown_command(summary)}`"]) + "\n"
