"""Lines of equal value, and bands between them, on a grid of measured values.

A surface is values[row][column] over increasing xs and ys; inside a cell it is bilinear.
"""

import bisect


def crossing(start, end, level):
    """Where a line between two (x, y, value) has the value `level`, or None."""
    low, high = start[2], end[2]
    if (low < level) == (high < level):
        return None
    part = (level - low) / (high - low)
    return (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))


def corners(xs, ys, values, column, row):
    """Around the cell."""
    places = ((column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1))
    return [(xs[i], ys[j], values[j][i]) for i, j in places]


def segments(xs, ys, values, level):
    """Pieces ((x, y), (x, y)) of the contour; where a cell has two, its middle decides."""
    pieces = []
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            around = corners(xs, ys, values, column, row)
            cuts = [crossing(around[k], around[(k + 1) % 4], level) for k in range(4)]
            found = [cut for cut in cuts if cut]
            if len(found) == 4:
                middle = sum(corner[2] for corner in around) / 4
                if (middle < level) != (around[0][2] < level):
                    found = found[1:] + found[:1]
            pieces += list(zip(found[::2], found[1::2]))
    return pieces


def value_at(xs, ys, values, x, y):
    """Bilinear; beyond the edges that of the edge."""
    def place(all_places, at):
        at = min(max(at, all_places[0]), all_places[-1])
        k = min(bisect.bisect_right(all_places, at), len(all_places) - 1) - 1
        return k, (at - all_places[k]) / (all_places[k + 1] - all_places[k])
    column, right = place(xs, x)
    row, up = place(ys, y)
    def along(j):
        return values[j][column] * (1 - right) + values[j][column + 1] * right
    return along(row) * (1 - up) + along(row + 1) * up


def band_of(value, levels):
    """How many levels a value has reached."""
    return sum(value >= level for level in levels)
