#!/usr/bin/env python3
"""Pools of a known share of useful pairs: how they are composed, and their tables on disk."""

import collections
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pool_map.pools import DUPLICATES, KINDS, MISMATCHED, OTHER, REPEATED, USEFUL, PoolSpec, compose
from pool_map.sets import Glyphs, Translations
from pool_map.tables import Images, read_tsv, write_images, write_tsv

USEFUL_PAIRS = [(f"x{k}", f"y{k}") for k in range(1000)]
OTHER_PAIRS = [(f"u{k}", f"v{k}") for k in range(1000)]


def pool(useless, share, seed=1, rows=800):
    return compose(USEFUL_PAIRS, OTHER_PAIRS, PoolSpec(rows, share, useless, seed))


def pairs_of(rows, tag):
    return [(x, y) for x, y, other in rows if other == tag]


class Composing(unittest.TestCase):
    def test_sizes_and_shares_are_exact(self):
        for kind in KINDS:
            for share in (0.02, 0.05, 0.1, 0.25, 0.5, 1):
                with self.subTest(kind=kind, share=share):
                    rows = pool(kind, share)
                    self.assertEqual(len(rows), 800)
                    useful = pairs_of(rows, USEFUL)
                    self.assertEqual(len(useful), round(800 * share))
                    self.assertLessEqual(set(useful), set(USEFUL_PAIRS))
                    self.assertEqual(len(set(useful)), len(useful))

    def test_it_is_a_pure_function_of_the_seed(self):
        for kind in KINDS:
            self.assertEqual(pool(kind, 0.1), pool(kind, 0.1))
            self.assertNotEqual(pool(kind, 0.1), pool(kind, 0.1, seed=2))

    def test_useful_pairs_of_a_poorer_pool_are_in_the_richer(self):
        richer = set(pairs_of(pool(OTHER, 0.5), USEFUL))
        for kind in KINDS:
            self.assertLess(set(pairs_of(pool(kind, 0.1), USEFUL)), richer)

    def test_without_useless_pairs_the_kind_makes_no_difference(self):
        self.assertEqual(pool(OTHER, 1), pool(MISMATCHED, 1))
        self.assertEqual(pool(OTHER, 1), pool(DUPLICATES, 1))

    def test_pairs_of_another_domain_come_once_each(self):
        other = pairs_of(pool(OTHER, 0.25), OTHER)
        self.assertLessEqual(set(other), set(OTHER_PAIRS))
        self.assertEqual(len(set(other)), 600)

    def test_mismatched_pairs_are_wrong_and_use_no_useful_pair_of_the_pool(self):
        for share in (0.02, 0.5, 799 / 800):
            rows = pool(MISMATCHED, share)
            useful = set(pairs_of(rows, USEFUL))
            wrong = pairs_of(rows, MISMATCHED)
            self.assertEqual(len({x for x, _ in wrong}), len(wrong))
            for x, y in wrong:
                self.assertNotEqual(x[1:], y[1:])
                if share < 0.9:  # else they must borrow from somebody
                    self.assertNotIn((x, "y" + x[1:]), useful)

    def test_equal_names_do_not_make_a_mismatch(self):
        pairs = [(f"x{k}", f"y{k // 30}") for k in range(300)]
        rows = compose(pairs, [], PoolSpec(300, 0.1, MISMATCHED, 1))
        for x, y in pairs_of(rows, MISMATCHED):
            self.assertNotEqual(int(x[1:]) // 30, int(y[1:]))

    def test_duplicates_repeat_few_pairs_equally_often(self):
        rows = pool(DUPLICATES, 0.25)
        counts = collections.Counter(pairs_of(rows, DUPLICATES))
        self.assertEqual(len(counts), REPEATED)
        self.assertEqual(set(counts.values()), {600 // REPEATED})
        self.assertFalse(set(counts) & set(pairs_of(rows, USEFUL)))

    def test_what_cannot_be_composed_is_refused(self):
        for spec, said in ((PoolSpec(800, 0.1, "noise", 1), "one of other, mismatched, duplicates"),
                           (PoolSpec(800, 0, OTHER, 1), "above 0 and at most 1"),
                           (PoolSpec(800, 1.5, OTHER, 1), "above 0 and at most 1"),
                           (PoolSpec(800, 0.0001, OTHER, 1), "at least one useful pair"),
                           (PoolSpec(1001, 1, OTHER, 1), "useful pairs: expected at least 1,001"),
                           (PoolSpec(1001, 0.5, MISMATCHED, 1), "expected at least 1,001"),
                           (PoolSpec(3000, 0.32, DUPLICATES, 1), "expected at least 1,060"),
                           (PoolSpec(1200, 0.1, OTHER, 1), "another domain: expected at least 1,080")):
            with self.subTest(said), self.assertRaises(SystemExit) as refused:
                compose(USEFUL_PAIRS, OTHER_PAIRS, spec)
            self.assertIn(said, refused.exception.code)
        with self.assertRaises(SystemExit):
            compose([("a", "same"), ("b", "same"), ("c", "same")], [], PoolSpec(3, 1 / 3, MISMATCHED, 1))


class Tables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_texts_are_read_as_they_were_written(self):
        rows = [("ein Wort", "a word", USEFUL), ("zwei\u2028", "two", OTHER)]
        write_tsv(self.folder / "t.tsv", rows)
        self.assertEqual(read_tsv(self.folder / "t.tsv"), rows)
        first = (self.folder / "t.tsv").read_text(encoding="utf-8").split("\n")[:2]
        self.assertEqual(first, ["id\tx\ty\ttag", "0\tein Wort\ta word\tuseful"])

    def test_images_are_read_as_they_were_written(self):
        rows = [(bytes([k] * 16), 7 * k, (OTHER, USEFUL)[k % 2]) for k in range(5)]
        write_images(self.folder / "t.safetensors", rows, 4)
        images = Images(self.folder / "t.safetensors")
        self.assertEqual(([images.row(k) for k in range(len(images))], images.side), (rows, 4))

    def test_a_cell_of_translations(self):
        prepared, cell = self.folder / "prepared", self.folder / "cell"
        prepared.mkdir(), cell.mkdir()
        rows = [(f"gatto{k} Linux", f"cat{k} tool", "it") for k in range(150)]
        rows += [(f"Katze{k}", f"cat{k}", "de") for k in range(150)]
        for name in ("curated", "pool", "eval"):
            write_tsv(prepared / f"{name}.tsv", rows if name == "pool" else rows[:9])
        made = Translations(prepared)
        made.write(cell, PoolSpec(100, 0.1, OTHER, 1))
        pool_rows = read_tsv(cell / "pool.tsv")
        self.assertEqual(collections.Counter(tag for *_, tag in pool_rows), {USEFUL: 10, OTHER: 90})
        self.assertTrue(all(x.startswith("gatto") == (tag == USEFUL) for x, _, tag in pool_rows))
        self.assertEqual({tag for *_, tag in read_tsv(cell / "curated.tsv")}, {USEFUL})

    def test_a_cell_of_glyphs(self):
        prepared, cell = self.folder / "prepared", self.folder / "cell"
        prepared.mkdir(), cell.mkdir()
        (prepared / "names.txt").write_text("LATIN A\nLATIN B\nGREEK ALPHA\n", encoding="utf-8")
        rows = [(bytes([k % 256] * 16), k % 3, ("noise", "true")[k % 2]) for k in range(600)]
        for name in ("pool", "curated", "eval-seen", "eval-unseen"):
            write_images(prepared / f"{name}.safetensors", rows, 4)
        made = Glyphs(prepared)
        made.write(cell, PoolSpec(80, 0.25, MISMATCHED, 1))
        pool_images = Images(cell / "pool.safetensors")
        self.assertEqual(collections.Counter(pool_images.row(k)[2] for k in range(80)),
                         {USEFUL: 20, MISMATCHED: 60})
        true_name = {image: name for image, name, tag in rows if tag == "true"}
        for k in range(80):
            image, name, tag = pool_images.row(k)
            self.assertIn(name, (0, 1))
            if len({n for i, n, t in rows if i == image and t == "true"}) == 1:
                self.assertEqual(true_name[image] == name, tag == USEFUL)
        curated = Images(cell / "curated.safetensors")
        self.assertEqual({curated.row(k)[1:] for k in range(len(curated))},
                         {(0, USEFUL), (1, USEFUL)})


if __name__ == "__main__":
    unittest.main()
