#!/usr/bin/env python3
"""The map's contours on surfaces that are known, and its picture."""

import math
import pathlib
import re
import sys
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pool_map.contours import band_of, segments, value_at
from pool_map.picture import LEFT, LEVELS, PLOT_HEIGHT, PLOT_WIDTH, TOP, WIDTH, svg
from pool_map.pools import KINDS
from pool_map.ratios import LOWER, Ratio
from pool_map.results import Point

XS, YS = (0.0, 1.0, 3.0, 4.0), (0.0, 2.0, 5.0)
SETS = [("translations", "Translations"), ("glyphs", "Glyphs")]
SHARES, FILTERS = (1, 0.25, 0.05), (0.5, 0.8, 0.95)


def surface(formula):
    return [[formula(x, y) for x in XS] for y in YS]


def points(ratio):
    return [Point(name, kind, share, arm, filter_ratio, *[ratio(share, filter_ratio)] * 3, 0.5, 0.5)
            for name, _ in SETS for kind in KINDS for arm in ("joint", "cascade")
            for share in SHARES for filter_ratio in FILTERS]


class Contours(unittest.TestCase):
    def test_on_a_plane_they_are_straight_lines(self):
        found = segments(XS, YS, surface(lambda x, y: 2 * x + y - 1), 4.5)
        self.assertGreater(len(found), 2)
        for piece in found:
            for x, y in piece:
                self.assertAlmostEqual(2 * x + y - 1, 4.5)
        ends = [point for piece in found for point in piece]
        self.assertAlmostEqual(min(x for x, _ in ends), 0.25)  # leaves at the top edge, y = 5
        self.assertAlmostEqual(max(x for x, _ in ends), 2.75)  # and at the bottom

    def test_pieces_join_at_the_edges_of_cells(self):
        found = segments(XS, YS, surface(lambda x, y: (x - 2) ** 2 + y), 2.5)
        ends = {}
        for piece in found:
            for x, y in piece:
                key = round(x, 9), round(y, 9)
                ends[key] = ends.get(key, 0) + 1
        lonely = [point for point, count in ends.items() if count == 1]
        self.assertTrue(all(x in (XS[0], XS[-1]) or y in (YS[0], YS[-1]) for x, y in lonely))

    def test_none_where_the_level_is_not_reached(self):
        self.assertEqual(segments(XS, YS, surface(lambda x, y: x), 9), [])

    def test_a_saddle_has_two_pieces_that_do_not_cross(self):
        for values, together in (([[2, 0], [0, 2]], False), ([[3, 0], [0, 3]], True)):
            found = segments((0, 1), (0, 1), values, 1.2)
            self.assertEqual(len(found), 2)
            # Together: the high corners' sides are one region, the lows are cut off each.
            for (x1, y1), (x2, y2) in found:
                middle = ((x1 + x2) / 2, (y1 + y2) / 2)
                near_low = min(math.dist(middle, (1, 0)), math.dist(middle, (0, 1)))
                near_high = min(math.dist(middle, (0, 0)), math.dist(middle, (1, 1)))
                self.assertEqual(near_low < near_high, together)

    def test_values_between_points_are_bilinear(self):
        values = surface(lambda x, y: x * y + 2 * x)
        for x, y in ((0, 0), (0.5, 1), (2, 3.5), (4, 5)):
            self.assertAlmostEqual(value_at(XS, YS, values, x, y), x * y + 2 * x)
        self.assertAlmostEqual(value_at(XS, YS, values, 9, 9), 4 * 5 + 8)

    def test_bands(self):
        self.assertEqual([band_of(value, LEVELS) for value in (0.9, 1, 5, 11, 14)], [0, 1, 2, 3, 4])


class Picture(unittest.TestCase):
    def test_a_contour_lies_where_the_surface_has_its_level(self):
        # The ratio is 1/share up to 20: log ratio is the x axis, so contours are vertical.
        drawn = svg(points(lambda share, _: Ratio(1 / share)), SETS)
        panel = drawn[drawn.index("Translations, joint"):drawn.index("Glyphs, joint")]
        paths = re.findall(r'<path d="([^"]+)" class="contour">', panel)
        ends = [[tuple(map(float, end.split())) for end in re.split("[ML]", path)[1:]]
                for path in paths]
        expected = [round(LEFT + math.log(level) / math.log(20) * PLOT_WIDTH, 1)
                    for level in (3, 10, 13)]
        self.assertEqual([{x for x, _ in one} for one in ends], [{x} for x in expected])
        for one in ends:
            self.assertAlmostEqual(min(y for _, y in one), TOP, delta=0.1)
            self.assertAlmostEqual(max(y for _, y in one), TOP + PLOT_HEIGHT, delta=0.1)

    def test_where_selection_loses_has_its_own_colour(self):
        loses = svg(points(lambda share, _: Ratio(0.5)), SETS)
        self.assertEqual(loses.count("fill:var(--b0)"), 12 + 1)  # and in the legend
        self.assertEqual(loses.count('class="contour'), 0)
        pays = svg(points(lambda share, _: Ratio(2)), SETS)
        self.assertEqual(pays.count("fill:var(--b0)"), 1)

    def test_it_is_one_well_formed_drawing_with_units(self):
        drawn = svg(points(lambda share, _: Ratio(14, LOWER)), SETS)
        tree = xml.etree.ElementTree.fromstring(drawn)
        space = "{http://www.w3.org/2000/svg}"
        texts = ["".join(one.itertext()) for one in tree.iter(f"{space}text")]
        self.assertEqual(texts.count("useful pairs in the pool, %"), 12)
        self.assertEqual(texts.count("filter ratio 1 − b/B"), 6)
        for name in ("Translations, joint", "Glyphs, cascade", "Useless: mismatched pairs"):
            self.assertIn(name, texts)
        height = float(tree.get("viewBox").split()[3])
        for one in tree.iter(f"{space}rect"):
            if one.get("width") != "100%":
                self.assertLessEqual(float(one.get("x")) + float(one.get("width")), WIDTH)
                self.assertLessEqual(float(one.get("y")) + float(one.get("height")), height)
        hollow = [one for one in tree.iter(f"{space}circle") if "bound" in one.get("class")]
        self.assertEqual(len(hollow), 12 * len(SHARES) * len(FILTERS))
        self.assertIn("prefers-color-scheme: dark", drawn)


if __name__ == "__main__":
    unittest.main()
