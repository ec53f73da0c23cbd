#!/usr/bin/env python3
"""What studies/study reads of a recipe, and the command it makes of it."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pages.recipe import data_command, read_recipe, start_words, table_words, with_target, words

PAIRS = 'title = "A title"\n[data]\ntranslations = { target = "ja" }\n[pairs]\nsteps = 10\n'


class RecipeCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def recipe(self, text):
        path = self.folder / "some.toml"
        path.write_text(text, encoding="utf-8")
        return read_recipe(path)


class Reading(RecipeCase):
    def test_the_table_of_options_names_the_task(self):
        for task in ("pairs", "text", "images", "labels", "tokens"):
            recipe = self.recipe(PAIRS.replace("[pairs]", f"[{task}]") + "seeds = [1, 2]\nfast = true\n")
            self.assertEqual(recipe["task"], task)
            self.assertEqual(recipe["options"], {"steps": 10, "seeds": [1, 2], "fast": True})
            self.assertEqual(recipe["title"], "A title")

    def test_a_byte_order_mark_is_no_part_of_it(self):
        self.assertEqual(self.recipe("\ufeff" + PAIRS), self.recipe(PAIRS))

    def test_the_data_are_a_command_and_its_options(self):
        for data, words, folder in (
                ('translations = { target = "de", mismatched = 0.9 }',
                 ["translations", "--target", "de", "--mismatched", "0.9"], "translations-de-0.9"),
                ("debian-docs = {}", ["debian-docs"], "debian-docs"),
                ("glyph-names = { noise = 0.5 }", ["glyph-names", "--noise", "0.5"],
                 "glyph-names-0.5")):
            recipe = self.recipe(f'title = ""\n[data]\n{data}\n[text]\n')
            self.assertEqual(data_command(recipe), (words, folder))

    def test_options_are_words_a_flag_where_it_is_true(self):
        self.assertEqual(list(words({"gradients": True, "cache-reference": False, "steps": 3,
                                     "arms": ["uniform", "joint"], "seeds": [1, 2]})),
                         ["--gradients", "--steps", "3", "--arms", "uniform,joint", "--seeds", "1,2"])

    def test_another_target_changes_data_oracle_and_title_and_drops_the_remark(self):
        recipe = self.recipe(PAIRS.replace(
            "[data]", "remark = 'of Japanese'\n[data]")
            + 'arms = ["uniform", "oracle:ja:steps=5", "oracle:jam", "oracle:ja"]\n')
        changed = with_target(recipe, "ko")
        self.assertEqual(data_command(changed),
                         (["translations", "--target", "ko"], "translations-ko"))
        self.assertEqual(changed["options"]["arms"],
                         ["uniform", "oracle:ko:steps=5", "oracle:jam", "oracle:ko"])
        self.assertEqual(changed["options"]["steps"], 10)
        self.assertIn("ko", changed["title"])
        self.assertNotIn("remark", changed)
        self.assertEqual(recipe["options"]["arms"][1], "oracle:ja:steps=5")

    def test_its_page_is_that_of_arms_unless_it_says_another(self):
        self.assertEqual(self.recipe(PAIRS)["page"], "arms")
        other = self.recipe(PAIRS.replace("[data]", "page = 'interaction'\n[data]"))
        self.assertEqual(other["page"], "interaction")

    def test_what_the_index_shows_is_an_arm_and_a_sentence(self):
        self.assertNotIn("shown", self.recipe(PAIRS))
        given = PAIRS.replace("[data]", "shown = 'oracle:ja'\nsays = 'It pays.'\n[data]")
        recipe = self.recipe(given + 'arms = ["uniform", "oracle:ja"]\n')
        self.assertEqual((recipe["shown"], recipe["says"]), ("oracle:ja", "It pays."))
        changed = with_target(recipe, "ko")
        self.assertEqual(changed["shown"], "oracle:ko")
        self.assertNotIn("says", changed)

    def test_data_without_a_target_cannot_have_another_one(self):
        with self.assertRaisesRegex(SystemExit, "data have a target, got debian-docs"):
            with_target(self.recipe('title = ""\n[data]\ndebian-docs = {}\n[text]\n'), "ko")

    def test_every_recipe_of_the_project_is_read(self):
        recipes = sorted((ROOT / "studies/recipes").glob("*.toml"))
        self.assertGreater(len(recipes), 1)
        for path in recipes:
            with self.subTest(path.name):
                recipe = read_recipe(path)
                self.assertIn(recipe["task"], ("pairs", "text", "images", "labels", "tokens"))
                self.assertTrue(recipe["shown"] and recipe["says"])

    def test_what_is_missing_or_unknown_is_refused_in_one_line(self):
        for changes, said in (
                (("[pairs]", "[sounds]"), "expected one of [pairs], [text], [images], [labels], [tokens], got [sounds]"),
                (("[pairs]\nsteps = 10\n", ""), "expected one of [pairs], [text], [images], [labels], [tokens], got none"),
                (("[pairs]", "[text]\n[pairs]"),
                 "expected one of [pairs], [text], [images], [labels], [tokens], got [text], [pairs]"),
                (("[pairs]", "[pairs]\n[sounds]"),
                 "expected one of [pairs], [text], [images], [labels], [tokens], got [pairs], [sounds]"),
                (("[data]\n", "[dates]\n"), "expected one entry in [data], got none"),
                (("[pairs]", "debian-docs = {}\n[pairs]"),
                 "expected one entry in [data], got translations, debian-docs"),
                (('{ target = "ja" }', '"ja"'), "expected a table at data.translations"),
                (('[data]\ntranslations = { target = "ja" }', "data = 3"),
                 "expected a table [data], got 3"),
                (('title = "A title"\n', ""), "expected a title, got none"),
                (("[data]", "page = 'wide'\n[data]"),
                 "expected page = one of arms, interaction, tuned, got 'wide'"),
                (("[data]", "shown = 'joint'\n[data]"),
                 "expected shown = one of the arms, got 'joint'"),
                (("[data]", "start = 'filters-ja'\n[data]"),
                 "expected start = \"RECIPE/RUN\", got 'filters-ja'"),
                (("[data]\n", "start = 'a/b-seed1'\n[data]\n"),
                 "expected start or init, got both"),
                (("[data]", "says = 3\n[data]"), "expected says = a sentence, got 3"),
                (("[pairs]", "[pairs"), "expected TOML, got ")):
            further = 'init = "some.safetensors"\n' if "got both" in said else ""
            with self.subTest(said), self.assertRaises(SystemExit) as refused:
                self.recipe(PAIRS.replace(*changes) + further)
            self.assertIn(said, refused.exception.code)
            self.assertIn("some.toml: ", refused.exception.code)
            self.assertNotIn("\n", refused.exception.code)


class Tables(RecipeCase):
    def test_pairs_have_one_evaluation_table(self):
        for name in ("curated.tsv", "pool.tsv", "eval.tsv", "eval.safetensors"):
            (self.folder / name).touch()
        self.assertEqual(table_words("pairs", self.folder),
                         ["--curated", f"{self.folder}/curated.tsv", "--pool",
                          f"{self.folder}/pool.tsv", "--eval", f"{self.folder}/eval.tsv"])

    def test_others_have_several_in_order(self):
        for name in ("eval-postgresql", "eval-git", "curated"):
            (self.folder / f"{name}.safetensors").touch()
        self.assertEqual(table_words("text", self.folder)[4:],
                         ["--eval", f"{self.folder}/eval-git.safetensors",
                          f"{self.folder}/eval-postgresql.safetensors"])

    def test_no_evaluation_table_is_refused(self):
        with self.assertRaises(SystemExit) as refused:
            table_words("images", self.folder)
        self.assertIn("expected tables eval*.safetensors, got none", refused.exception.code)

    def test_tokens_have_folders_and_what_their_manifest_says(self):
        for name in ("eval-sympy.bin", "eval-django.bin"):
            (self.folder / name).touch()
        (self.folder / "manifest.json").write_text('{"document_end": 7}', encoding="utf-8")
        folder = self.folder
        self.assertEqual(table_words("tokens", folder),
                         ["--curated", f"{folder}/curated", "--pool", f"{folder}/pool", "--eval",
                          f"{folder}/eval-django.bin", f"{folder}/eval-sympy.bin", "--tokenizer",
                          f"{folder}/tokenizer.json", "--document-end", "7"])


class Starts(RecipeCase):
    def test_arms_start_from_the_model_that_a_run_left(self):
        recipe = self.recipe(PAIRS.replace("[data]", 'start = "other/uniform-seed1"\n[data]'))
        with self.assertRaises(SystemExit) as refused:
            start_words(recipe, self.folder)
        self.assertIn("expected the model of other/uniform-seed1, to start from, got none: run first "
                      "studies/study other", refused.exception.code)
        self.assertNotIn("\n", refused.exception.code)
        model = self.folder / "other/uniform-seed1/model.safetensors"
        model.parent.mkdir(parents=True)
        model.touch()
        self.assertEqual(start_words(recipe, self.folder), ["--init", str(model)])
        self.assertEqual(start_words(self.recipe(PAIRS), self.folder), [])

    def test_what_the_project_starts_from_is_a_recipe_of_its_own(self):
        recipes = {path.stem: read_recipe(path) for path in (ROOT / "studies/recipes").glob("*.toml")}
        for name, recipe in recipes.items():
            if "start" not in recipe:
                continue
            with self.subTest(name):
                other, run = recipe["start"].split("/")
                arm, seed = run.split("-seed")
                options = recipes[other]["options"]
                self.assertIn(arm, options["arms"])
                self.assertIn(int(seed), options["seeds"])
                for option in ("hidden", "layers", "heads", "length"):
                    self.assertEqual(recipe["options"][option], options[option])


if __name__ == "__main__":
    unittest.main()
