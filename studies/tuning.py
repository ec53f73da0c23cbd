"""Learning rates and choices of a recipe's arms, made by rows and a seed that its page does not use.

    [tune]
    learning-rate = [0.005, 0.01, 0.02]   # every arm is tried at each of them
    seed = 101                            # of these runs alone
    validation-share = 0.25               # of every held-out set; the page reports the rest

    arms = ["uniform", "filter:{0.05|0.1}:steps=400"]   # one of {a|b}, too

An arm's measure is its last one; that of the curated set alone is its best on the way, as whoever
trains on little stops early.
"""

import itertools
import re

CHOICE = re.compile(r"\{([^{}]*)\}")
RATE = ":learning-rate="


def expanded(arm):
    """filter:{0.05|0.1} -> filter:0.05, filter:0.1."""
    parts = CHOICE.split(arm)
    choices = [part.split("|") if k % 2 else [part] for k, part in enumerate(parts)]
    return ["".join(picked) for picked in itertools.product(*choices)]


def with_rate(arm, rate):
    return f"{arm}{RATE}{rate}"


def without_rate(arm):
    return re.sub(f"{RATE}[^:]*", "", arm)


def candidates(arm, tune):
    return [with_rate(one, rate) for one in expanded(arm) for rate in tune["learning-rate"]]


def tuning_options(recipe):
    """Those of the run that is only for choices."""
    tune = recipe["tune"]
    arms = [name for arm in recipe["options"]["arms"] for name in candidates(arm, tune)]
    return recipe["options"] | {"arms": arms, "seeds": [tune["seed"]],
                                "validation-share": tune["validation-share"]}


def judged(run, measure):
    """What the rows kept for choices say of a run."""
    last = run["best_by_validation"] if run["kind"] == "curated" else run["evaluations"][-1]
    return last["validation_" + measure["name"]]


def chosen(recipe, summary):
    """Arm of the recipe -> the name that it is reported under."""
    measure = summary["measures"][0]
    best = max if measure["higher_is_better"] else min
    runs = {run["arm"]: run for run in summary["runs"]}
    return {arm: best(candidates(arm, recipe["tune"]), key=lambda name: judged(runs[name], measure))
            for arm in recipe["options"]["arms"]}


def reported_options(recipe, names):
    """`names` as chosen() gives them. Uniform, which the others are compared with, has no options
    of its own: its rate is that of the whole run."""
    tune = recipe["tune"]
    arms = ["uniform" if arm == "uniform" else name for arm, name in names.items()]
    return recipe["options"] | {"arms": arms, "learning-rate": names["uniform"].split(RATE)[1],
                                "validation-share": tune["validation-share"]}
