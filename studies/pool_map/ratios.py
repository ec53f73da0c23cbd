"""How many times as much uniform training needs to match a selecting arm.

A curve is what uniform runs of several lengths reach at their ends, each decayed in full:
[(steps, value)], shortest first. Between two of them the value is taken to be linear in log steps.
"""

import dataclasses
import math
import statistics

LOWER, UPPER = ">", "<"  # bounds: at least, at most


@dataclasses.dataclass(frozen=True)
class Ratio:
    value: float
    bound: str = ""

    def text(self):
        digits = 2 if self.value < 0.995 else 1
        return f"{self.bound}{self.value:.{digits}f}"

    def times(self, factor):
        return Ratio(self.value * factor, self.bound)


def steps_to(curve, target, higher_is_better=True):
    """Steps after which uniform first reaches the target; a bound where the curve ends before."""
    sign = 1 if higher_is_better else -1
    before = None
    for steps, value in sorted(curve):
        if sign * value >= sign * target:
            if before is None:
                return Ratio(steps, "" if value == target else UPPER)
            part = (target - before[1]) / (value - before[1])
            return Ratio(math.exp(math.log(before[0]) + part * math.log(steps / before[0])))
        before = steps, value
    return Ratio(before[0], LOWER)


def median(ratios):
    """The middle one, the lower of two; a lower bound counts as more than any number."""
    order = {UPPER: -1, "": 0, LOWER: 1}
    placed = sorted((order[one.bound] > 0, one.value, order[one.bound], one) for one in ratios)
    return statistics.median_low(placed)[-1] if placed else None
