"""Pools with a known share of useful pairs, and useless ones of a known kind.

A pair is (x, y). Which pairs a pool gets is a pure function of the pairs at hand and the spec:
for one seed, the useful pairs of a poorer pool are among those of a richer one.
"""

import dataclasses
import random
import sys

USEFUL = "useful"
OTHER, MISMATCHED, DUPLICATES = "other", "mismatched", "duplicates"
KINDS = (OTHER, MISMATCHED, DUPLICATES)
REPEATED = 100  # pairs that the duplicates are copies of


@dataclasses.dataclass(frozen=True)
class PoolSpec:
    rows: int      # of the pool
    share: float   # of useful pairs among them
    useless: str   # one of KINDS
    seed: int


def refuse(what, expected, found):
    sys.exit(f"pool, {what}: expected {expected}, got {found}")


def check(spec, useful, other):
    if spec.useless not in KINDS:
        refuse("kind", "one of " + ", ".join(KINDS), spec.useless)
    if not 0 < spec.share <= 1:
        refuse("share", "a number above 0 and at most 1", spec.share)
    count = useful_count(spec)
    if count < 1:
        refuse("share", "at least one useful pair", f"{spec.share} of {spec.rows}")
    kept = count if spec.useless == OTHER else spec.rows
    if spec.useless == DUPLICATES:
        kept = count + (REPEATED if count < spec.rows else 0)
    if len(useful) < kept:
        refuse("useful pairs", f"at least {kept:,}", f"{len(useful):,}")
    if spec.useless == OTHER and len(other) < spec.rows - count:
        refuse("pairs of another domain", f"at least {spec.rows - count:,}", f"{len(other):,}")


def useful_count(spec):
    return round(spec.share * spec.rows)


def shuffled(pairs, purpose, seed):
    order = list(range(len(pairs)))
    random.Random(f"{purpose} {seed}").shuffle(order)
    return [pairs[k] for k in order]


def mismatched(pairs):
    """x of each pair with y of the next whose y is another; the last get the first ones'."""
    count = len(pairs)
    wrong = []
    for k, (x, y) in enumerate(pairs):
        for step in range(1, count):
            given = pairs[(k + step) % count][1]
            if given != y:
                wrong.append((x, given))
                break
        else:
            refuse("mismatched pairs", "two that differ in y", repr(y)[:40])
    return wrong


def useless_pairs(spec, useful, other):
    """As many as the pool lacks; `useful` is in the seed's order."""
    count = useful_count(spec)
    missing = spec.rows - count
    if missing == 0:
        return []
    if spec.useless == OTHER:
        return shuffled(other, OTHER, spec.seed)[:missing]
    if spec.useless == MISMATCHED:
        return mismatched(useful[count:] if missing > 1 else useful)[:missing]
    few = useful[-REPEATED:]
    return [few[k % len(few)] for k in range(missing)]


def compose(useful, other, spec):
    """The pool as (x, y, tag), in a random order; tags are USEFUL and the kind."""
    check(spec, useful, other)
    ordered = shuffled(useful, USEFUL, spec.seed)
    rows = [(*pair, USEFUL) for pair in ordered[:useful_count(spec)]]
    rows += [(*pair, spec.useless) for pair in useless_pairs(spec, ordered, other)]
    return shuffled(rows, "pool", spec.seed)
