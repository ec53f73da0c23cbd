#!/usr/bin/env python3
"""The table of docs/evidence/README.md: from pages with known numbers, and whether it is up to date."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pages.duels import duel_table
from pages.evidence_index import index_table, with_table, write_index

ARMS = """# A title

Written by `studies/study STUDY`; the recipe is elsewhere.

| arm | updates | R@1 | reached | updates, times less | FLOPs of the run, times less | all-in FLOPs, times less |
|---|---|---|---|---|---|---|
| `uniform` | 1,000 | 0.500 | 2 of 3 | 1.0 | 1.0 | 1.0 |
| `joint:steps=100` | 100 | 0.550 | 3 of 3 | 10.0 | 5.0 | 0.50 |
| `hard-learner` | 100 | 0.100 | 1 of 3 | 10.0 | 4.0 | 4.0 |
"""
INTERACTION = """# Joint, by batch size

Written by `studies/study pairs-terms`; the recipe is elsewhere.

## R@1 gained over independent selection

| κ | from | b = 128 | b = 512 |
|---|---|---|---|
| 0.1 | the start | +0.010 (+0.000 to +0.020) | +0.030 |
| 0.1 | 50% | -0.010 | +0.050 (+0.040 to +0.060) |

## b = 128, 10 updates

| arm | κ | from | R@1 |
|---|---|---|---|
| joint | 0.1 | the start | 0.5 |
"""
RECIPE = """title = "A title"
SHOWN
[data]
translations = { target = "ja" }
[pairs]
arms = ["uniform", "joint:steps=100", "hard-learner", "joint:interaction=0.1",
        "joint:count=512:interaction=0.1@50%"]
"""


class IndexCase(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.root / "studies/recipes").mkdir(parents=True)
        (self.root / "docs/evidence").mkdir(parents=True)

    def recipe(self, name, shown="joint:steps=100", further=""):
        words = f"shown = '{shown}'\nsays = 'It is so.'\n{further}"
        (self.root / f"studies/recipes/{name}.toml").write_text(RECIPE.replace("SHOWN", words),
                                                                encoding="utf-8")

    def page(self, name, text):
        (self.root / f"docs/evidence/{name}.md").write_text(text, encoding="utf-8")

    def rows(self):
        """Without the titles."""
        return [[cell.strip() for cell in line.strip("|").split("|")]
                for line in index_table(self.root).splitlines()[2:]]


class Rows(IndexCase):
    def test_what_the_shown_arm_saved_is_read_from_the_page(self):
        self.recipe("some")
        self.page("some", ARMS.replace("STUDY", "some"))
        self.assertEqual(self.rows(), [["[A title](some.md)", "`joint:steps=100`", "3 of 3",
                                        "10.0 · 5.0 · 0.50", "It is so."]])

    def test_costs_that_do_not_buy_the_target_stand_in_brackets(self):
        self.recipe("some", "hard-learner")
        self.page("some", ARMS.replace("STUDY", "some"))
        self.assertEqual(self.rows()[0][2:4], ["1 of 3", "(10.0 · 4.0 · 4.0)"])

    def test_a_page_with_another_target_belongs_to_its_recipe(self):
        self.recipe("some")
        self.page("some-ko", ARMS.replace("STUDY", "some --target ko"))
        self.page("some", ARMS.replace("STUDY", "some"))
        self.assertEqual([(row[0], row[4]) for row in self.rows()],
                         [("[A title](some.md)", "It is so."),
                          ("[A title](some-ko.md)", "The recipe of [some](some.md) for ko.")])

    def test_an_interaction_shows_its_gain_at_its_batch_size(self):
        self.page("pairs-terms", INTERACTION)
        for shown, gained in (
                ("joint:count=512:interaction=0.1@50%",
                 "R@1 +0.050 (+0.040 to +0.060) over independent, b = 512"),
                ("joint:interaction=0.1",
                 "R@1 +0.010 (+0.000 to +0.020) over independent, b = 128")):
            self.recipe("pairs-terms", shown, 'page = "interaction"')
            self.assertEqual(self.rows()[0][1:4], [f"`{shown}`", "–", gained])

    def test_interactions_stand_last_but_for_the_map(self):
        self.recipe("pairs-terms", "joint:interaction=0.1", 'page = "interaction"')
        self.recipe("some")
        self.page("map", "# The map\n")
        self.page("pairs-terms", INTERACTION)
        self.page("some", ARMS.replace("STUDY", "some"))
        self.assertEqual([row[0] for row in self.rows()],
                         ["[A title](some.md)", "[Joint, by batch size](pairs-terms.md)",
                          "[The map](map.md)"])
        self.assertEqual(self.rows()[-1][1:4], ["", "", ""])

    def test_pages_of_no_recipe_and_recipes_without_a_page_have_no_row(self):
        self.recipe("some")
        self.page("README", "# Evidence\n")
        self.page("demo-runs", ARMS.replace("studies/study STUDY", "studies/evidence"))
        self.assertEqual(self.rows(), [])


class Refusals(IndexCase):
    def refused(self):
        with self.assertRaises(SystemExit) as refused:
            index_table(self.root)
        self.assertNotIn("\n", refused.exception.code)
        return refused.exception.code

    def test_an_arm_that_the_page_lacks(self):
        self.recipe("some", "joint:interaction=0.1")
        self.page("some", ARMS.replace("STUDY", "some"))
        self.assertIn("some.md: expected a row of arm `joint:interaction=0.1`, got none",
                      self.refused())

    def test_a_recipe_that_shows_or_says_nothing(self):
        self.page("some", ARMS.replace("STUDY", "some"))
        for words, said in (("says = 'It is so.'", "shown"), ("shown = 'uniform'", "says")):
            (self.root / "studies/recipes/some.toml").write_text(RECIPE.replace("SHOWN", words),
                                                                 encoding="utf-8")
            self.assertEqual(self.refused(), f"index: expected recipe some to have {said}, got none")

    def test_a_page_without_markers(self):
        with self.assertRaisesRegex(SystemExit, "expected the markers <!-- table -->"):
            with_table("# Evidence\n", "| a |\n")


class Writing(IndexCase):
    def test_only_the_table_changes(self):
        self.recipe("some")
        self.page("some", ARMS.replace("STUDY", "some"))
        self.page("README", "# Evidence\n\n<!-- table -->\nold\n<!-- /table -->\n\nMore.\n")
        for _ in range(2):
            write_index(self.root)
        text = (self.root / "docs/evidence/README.md").read_text(encoding="utf-8")
        self.assertEqual(text, "# Evidence\n\n<!-- table -->\n" + index_table(self.root)
                         + "<!-- /table -->\n\nMore.\n")


class Project(unittest.TestCase):
    def test_its_index_is_up_to_date(self):
        text = (ROOT / "docs/evidence/README.md").read_text(encoding="utf-8")
        self.assertEqual(text, with_table(text, index_table(ROOT)),
                         "run studies/study index")

    def test_the_table_of_online_against_filters_is_up_to_date(self):
        text = (ROOT / "docs/evidence/online-or-filter.md").read_text(encoding="utf-8")
        self.assertEqual(text, with_table(text, duel_table(ROOT)), "run studies/study index")

    def test_every_page_of_a_study_has_a_row(self):
        table = index_table(ROOT)
        for path in (ROOT / "docs/evidence").glob("*.md"):
            if path.stem not in ("README", "demo-runs", "online-or-filter"):
                with self.subTest(path.name):
                    self.assertIn(f"]({path.name})", table)


if __name__ == "__main__":
    unittest.main()
