"""docs/evidence/map.svg: a panel for every set, kind of useless pairs and arm.

Both axes are logarithmic, in the useful share and in B/b. Where points are bounds, the surface is
drawn as if they were the values.
"""

import math

from pool_map.contours import band_of, segments, value_at
from pool_map.pools import DUPLICATES, KINDS, MISMATCHED, OTHER

LEVELS = (1, 3, 10, 13)
BANDS = ("loses: below 1", "1 to 3", "3 to 10", "10 to 13", "above 13 times")
KIND_TITLES = {OTHER: "other domain", MISMATCHED: "mismatched pairs", DUPLICATES: "duplicates"}
WIDTH, LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 400, 48, 94, 142, 74
COLUMN, ROW, KIND_GAP = 196, 130, 22
STRIPES = 37   # rows of colour in a panel
FINENESS = 8   # parts of a measured cell between which contours are straight

STYLE = """
svg { --page: #fff; --ink: #1a1c20; --muted: #5a6069; --b0: #e9a58c; --b1: #eef1f4;
  --b2: #b5d3ea; --b3: #62a3d4; --b4: #1f6ca8; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { svg { --page: #15171b; --ink: #e9ebee; --muted: #a3a9b3;
  --b0: #8a3b20; --b1: #272b32; --b2: #1f435f; --b3: #2f74a8; --b4: #7cc0f0; } }
text { font: 11px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--muted); }
.title { fill: var(--ink); font-weight: 600; }
path { shape-rendering: crispEdges; }
.contour { shape-rendering: auto; stroke: var(--ink); stroke-width: 1; fill: none; }
.one { stroke-width: 2; }
.dot { fill: var(--ink); stroke: var(--ink); }
.bound { fill: var(--page); }
"""


def attributes(**given):
    """text_anchor is text-anchor, class_ is class."""
    written = ((name.rstrip("_").replace("_", "-"), value) for name, value in given.items())
    return "".join(f' {name}="{value:.1f}"' if isinstance(value, float) else f' {name}="{value}"'
                   for name, value in written)


def element(name, content="", **given):
    return f"<{name}{attributes(**given)}>{content}</{name}>\n"


def label(x, y, content, anchor="start", kind=""):
    return element("text", content, x=float(x), y=float(y), text_anchor=anchor,
                   **({"class_": kind} if kind else {}))


class Surface:
    """Points of one panel: log ratio over log share, rising to the left, and log B/b."""

    def __init__(self, points):
        self.points = points
        self.shares = sorted({one.share for one in points}, reverse=True)
        self.filters = sorted({one.filter for one in points})
        self.xs = [-math.log(share) for share in self.shares]
        self.ys = [-math.log(1 - ratio) for ratio in self.filters]
        found = {(one.share, one.filter): one for one in points}
        self.values = [[math.log(found[share, ratio].updates.value) for share in self.shares]
                       for ratio in self.filters]

    def at(self, x, y):
        return value_at(self.xs, self.ys, self.values, x, y)

    def contour(self, level):
        xs, ys = finer(self.xs), finer(self.ys)
        return segments(xs, ys, [[self.at(x, y) for x in xs] for y in ys], math.log(level))


def finer(places):
    return [a + (b - a) * k / FINENESS for a, b in zip(places, places[1:])
            for k in range(FINENESS)] + [places[-1]]


class Panel:
    def __init__(self, surface, left, top):
        self.surface, self.left, self.top = surface, left, top

    def x(self, at):
        xs = self.surface.xs
        return self.left + (at - xs[0]) / (xs[-1] - xs[0]) * PLOT_WIDTH

    def y(self, at):
        ys = self.surface.ys
        return self.top + PLOT_HEIGHT - (at - ys[0]) / (ys[-1] - ys[0]) * PLOT_HEIGHT

    def bands(self):
        """Stripes of one colour each as far as the band reaches."""
        s, steps = self.surface, 3 * STRIPES
        height, width = PLOT_HEIGHT / STRIPES, PLOT_WIDTH / steps
        levels = [math.log(level) for level in LEVELS]
        paths = [""] * len(BANDS)
        for stripe in range(STRIPES):
            y = s.ys[0] + (stripe + 0.5) / STRIPES * (s.ys[-1] - s.ys[0])
            found = [band_of(s.at(s.xs[0] + (k + 0.5) / steps * (s.xs[-1] - s.xs[0]), y), levels)
                     for k in range(steps)]
            start, top = 0, self.top + PLOT_HEIGHT - (stripe + 1) * height
            for k in range(1, steps + 1):
                if k == steps or found[k] != found[start]:
                    paths[found[start]] += (f"M{self.left + start * width:.1f} {top:.1f}"
                                            f"h{(k - start) * width:.1f}v{height:.1f}"
                                            f"h{-(k - start) * width:.1f}z")
                    start = k
        return "".join(element("path", d=path, style=f"fill:var(--b{band})")
                       for band, path in enumerate(paths) if path)

    def contours(self):
        drawn = ""
        for level in LEVELS:
            path = "".join(f"M{self.x(x1):.1f} {self.y(y1):.1f}L{self.x(x2):.1f} {self.y(y2):.1f}"
                           for (x1, y1), (x2, y2) in self.surface.contour(level))
            if path:
                drawn += element("path", d=path,
                                 class_="contour one" if level == 1 else "contour")
        return drawn

    def dots(self):
        """A measured point tells its number to a pointer; a bound is hollow."""
        drawn = ""
        for one in self.surface.points:
            said = f"{100 * one.share:g} % useful, filter ratio {one.filter:g}: {one.updates.text()}"
            drawn += element("circle", element("title", said.replace("<", "&lt;")), r="2",
                             cx=self.x(-math.log(one.share)), cy=self.y(-math.log(1 - one.filter)),
                             class_="dot bound" if one.updates.bound else "dot")
        return drawn

    def axes(self):
        drawn = ""
        for share, x in zip(self.surface.shares, self.surface.xs):
            drawn += label(self.x(x), self.top + PLOT_HEIGHT + 13, f"{100 * share:g}", "middle")
        for ratio, y in zip(self.surface.filters, self.surface.ys):
            drawn += label(self.left - 6, self.y(y) + 4, f"{ratio:g}", "end")
        return drawn

    def draw(self, title):
        return (label(self.left, self.top - 7, title, kind="title") + self.bands()
                + self.contours() + self.dots() + self.axes())


def legend():
    drawn = label(8, 16, "Updates of uniform training to match one of selection, times", kind="title")
    for k, name in enumerate(BANDS):
        x, y = 8 + k % 3 * 128, 24 + k // 3 * 16
        drawn += element("rect", x=x, y=y, width=12, height=10, style=f"fill:var(--b{k})")
        drawn += label(x + 17, y + 9, name)
    return drawn + label(8 + 2 * 128 + 17, 49, "hollow: a bound")


def panels(points, sets):
    """(row, column, title, points); a cascade of half the candidates is joint selection."""
    row = 0
    for kind in KINDS:
        for arm in ("joint", "cascade"):
            for column, (name, title) in enumerate(sets):
                own = [one for one in points
                       if (one.set, one.useless, one.arm) == (name, kind, arm)]
                known = {one.filter for one in own}
                own += [one for one in points if (one.set, one.useless, one.arm)
                        == (name, kind, "joint") and one.filter not in known and arm == "cascade"]
                yield row, column, f"{title}, {arm}", own
            row += 1


def svg(points, sets):
    """sets: [(name, title)], at most two."""
    drawn, rows = legend(), 0
    for row, column, title, own in panels(points, sets):
        surface = Surface(own)
        if min(len(surface.xs), len(surface.ys)) < 2:
            continue
        top = TOP + row * ROW + row // 2 * KIND_GAP
        if column == 0 and row % 2 == 0:
            drawn += label(8, top - 23, f"Useless: {KIND_TITLES[KINDS[row // 2]]}", kind="title")
        drawn += Panel(surface, LEFT + column * COLUMN, top).draw(title)
        drawn += label(LEFT + column * COLUMN + PLOT_WIDTH, top + PLOT_HEIGHT + 27,
                       "useful pairs in the pool, %", "end")
        if column == 0:
            middle = top + PLOT_HEIGHT / 2
            drawn += element("text", "filter ratio 1 − b/B", x=11.0, y=middle, text_anchor="middle",
                             transform=f"rotate(-90 11 {middle:.1f})")
        rows = row + 1
    height = TOP + rows * ROW + (rows - 1) // 2 * KIND_GAP
    ground = element("rect", width="100%", height="100%", style="fill:var(--page)")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            'aria-label="How many times as many updates uniform training needs, by useful share of '
            f'the pool and filter ratio">\n<style>{STYLE}</style>\n{ground}{drawn}</svg>\n')
