"""What is run: for every pool uniform runs of several lengths, and the selecting arms."""

import dataclasses

from pool_map.pools import KINDS, MISMATCHED, OTHER, PoolSpec

COUNT = 128    # b
STEPS = 150    # of a selecting arm
POOL = 80000   # rows of every pool
# Uniform runs, in multiples of STEPS; the longest where the others do not reach what selection did.
LENGTHS = (0.5, 1, 3.5, 14)
# Longer ones have the lower rate that suits them.
RATES = ((3.5, 0.004), (float("inf"), 0.002))

COMMON = {"count": COUNT, "steps": STEPS, "learning-rate": 0.004, "eval-every": "100%",
          "checkpoint-every": 1000, "cache-reference": True, "threads": 1}
# A small guide each: studies/recipes/translations-ja.toml says why.
OPTIONS = {
    "pairs": {"reference-width": 32, "reference-hidden": 64, "reference-dropout": 0.9,
              "reference-negatives": 128, "reference-steps": 1000},
    "images": {"channels": 8, "hidden": 128, "reference-channels": 8, "reference-hidden": 128,
               "reference-steps": 600}}


@dataclasses.dataclass(frozen=True)
class Extent:
    """How much of the map is made."""

    name: str
    shares: tuple
    filters: tuple
    seeds: tuple
    kinds: tuple = KINDS  # of useless pairs
    command: str = "studies/study map"

    def of_seeds(self, text):
        """The same with other seeds, numbers with commas between them."""
        try:
            seeds = tuple(map(int, text.split(",")))
        except ValueError:
            raise SystemExit(f"study map --seeds: expected whole numbers, got {text}") from None
        return dataclasses.replace(self, seeds=seeds, command=f"{self.command} --seeds {text}")


FULL = Extent("map", (1, 0.5, 0.25, 0.1, 0.05, 0.02), (0.5, 0.8, 0.9, 0.95), (1, 2, 3))
QUICK = Extent("map-quick", (1, 0.25, 0.05), (0.8, 0.95), (1,), (OTHER, MISMATCHED),
               "studies/study map --quick")


@dataclasses.dataclass(frozen=True)
class Cell:
    """One pool with one seed. A pool without useless pairs stands for all kinds."""

    set: str
    spec: PoolSpec

    @property
    def name(self):
        return f"{self.set}-{self.spec.useless}-{100 * self.spec.share:g}-seed{self.spec.seed}"


def cells(extent, set_names):
    """Of every seed one whole map, then the next seed's: an interrupted map is one of fewer."""
    return [Cell(name, PoolSpec(POOL, share, kind, seed))
            for seed in extent.seeds for name in set_names for share in extent.shares
            for kind in (extent.kinds if share < 1 else (OTHER,))]


def super_batch(filter_ratio):
    return round(COUNT / (1 - filter_ratio))


def uniform_arms():
    """Name of the arm -> its steps."""
    arms = {}
    for length in LENGTHS:
        rate = next(rate for most, rate in RATES if length <= most)
        steps = round(length * STEPS)
        arms[f"uniform:steps={steps}:learning-rate={rate}"] = steps
    return arms


def selecting_arms(filters):
    """(arm, filter ratio) -> its name. A cascade leaves 2b: at 0.5 it is joint selection."""
    arms = {}
    for ratio in filters:
        candidates = super_batch(ratio)
        arms["joint", ratio] = f"joint:super-batch={candidates}"
        if candidates > 2 * COUNT:
            arms["cascade", ratio] = f"cascade:cascade-from={candidates}:cascade-to={2 * COUNT}"
    return arms


def options_of(task, extent, seed):
    """The options of jest-train but for tables and folder: of all runs, and of the longest."""
    *uniform, longest = uniform_arms()
    common = COMMON | OPTIONS[task] | {"seeds": [seed]}
    return {"options": common | {"arms": [*uniform, *selecting_arms(extent.filters).values()]},
            "longest": common | {"arms": [longest]}}
