"""From the summaries of the cells to the points of the map."""

import dataclasses
import statistics

from pool_map.cells import STEPS, selecting_arms, uniform_arms
from pool_map.pools import USEFUL
from pool_map.ratios import LOWER, Ratio, median, steps_to
from pages.summaries import all_flops, mean_share, run_flops


@dataclasses.dataclass(frozen=True)
class Point:
    """Medians over seeds."""

    set: str
    useless: str
    share: float
    arm: str
    filter: float
    updates: Ratio
    run_flops: Ratio
    all_in_flops: Ratio
    picked: float  # share of useful pairs among the picks
    value: float   # of the arm


def final(run, measure):
    return run["evaluations"][-1][measure["name"]]


def uniform_curve(summary):
    runs = {run["arm"]: run for run in summary["runs"]}
    return [(steps, final(runs[arm], summary["measures"][0]))
            for arm, steps in uniform_arms().items() if arm in runs]


def exceeds_uniform(summary):
    """Whether a selecting arm reached what none of the uniform runs did."""
    measure, curve = summary["measures"][0], uniform_curve(summary)
    targets = [final(run, measure) for run in summary["runs"] if run["arm"] not in uniform_arms()]
    return any(steps_to(curve, target, measure["higher_is_better"]).bound == LOWER
               for target in targets)


def ratios_of(summary, arm):
    """Ratios of updates, FLOPs and all-in FLOPs; the useful share of the picks; the value."""
    runs = {run["arm"]: run for run in summary["runs"]}
    measure, run = summary["measures"][0], runs[arm]
    needed = steps_to(uniform_curve(summary), final(run, measure), measure["higher_is_better"])
    any_uniform = runs[next(iter(uniform_arms()))]
    step_flops = run_flops(any_uniform) / any_uniform["steps"]
    return (needed.times(1 / STEPS), needed.times(step_flops / run_flops(run)),
            needed.times(step_flops / all_flops(run)), mean_share(run, USEFUL), final(run, measure))


def points(finished, extent):
    """finished: [(cell, summary)]. A pool without useless pairs is a point of every kind."""
    groups = {}
    for cell, summary in finished:
        for kind in (extent.kinds if cell.spec.share == 1 else (cell.spec.useless,)):
            groups.setdefault((cell.set, kind, cell.spec.share), []).append(summary)
    made = []
    for (name, kind, share), summaries in groups.items():
        for (arm, ratio), arm_name in selecting_arms(extent.filters).items():
            updates, run, all_in, picked, values = zip(*(ratios_of(one, arm_name)
                                                         for one in summaries))
            made.append(Point(name, kind, share, arm, ratio, median(updates), median(run),
                              median(all_in), statistics.median(picked),
                              statistics.median(values)))
    return made


def as_json(made):
    """What jest-train probe reads."""
    return {"points": [{"set": one.set, "useless": one.useless, "share": one.share, "arm": one.arm,
                        "filter": one.filter, "bound": one.updates.bound,
                        "updates": round(one.updates.value, 3),
                        "run_flops": round(one.run_flops.value, 3),
                        "all_in_flops": round(one.all_in_flops.value, 3)} for one in made]}
