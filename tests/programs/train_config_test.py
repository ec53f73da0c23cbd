#!/usr/bin/env python3
"""jest-train --config: what a file says, options say. Usage: train_config_test.py JEST_TRAIN"""

import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
import train_cases
from pages.recipe import EXTENSIONS, read_recipe, words
from tuning import CHOICE, expanded
from train_cases import SHORTEST, FolderCase, execute, finished, main, pairs, path, read, write
from train_tasks import SIDE, labels, safetensors

LENGTH = 64  # bytes of a sequence
# As large as the largest batches of the recipes, also behind a filter.
ROWS = {"curated": 2048, "pool": 32768, "eval": 40}


def known(out):
    """What the run in a folder is known by."""
    return json.loads(read(out, "run.json"))


class ConfigCase(FolderCase):
    def config(self, content):
        write(content if isinstance(content, bytes) else content.encode(), path("some.toml"))
        return {"config": path("some.toml")}

    def refused_file(self, content, *mentions, **given):
        done = pairs(self.out, SHORTEST | {"gain": None} | given | self.config(content))
        with self.subTest(content=content):
            self.refused(done, "some.toml, line ", *mentions)
            self.assertFalse(os.path.exists(self.out), "something was written")
        shutil.rmtree(self.out, ignore_errors=True)


class Files(ConfigCase):
    def test_a_file_from_a_pipe_has_its_effect(self):
        finished(pairs(self.out, SHORTEST | {"config": "/dev/stdin"}, input=b"gain = 5\n"))
        self.assertEqual(known(self.out)["gain"], 5)

    def test_a_file_of_an_editor_with_a_byte_order_mark(self):
        finished(pairs(self.out, SHORTEST | self.config(b"\xef\xbb\xbfgain = 5\n")))
        self.assertEqual(known(self.out)["gain"], 5)

    def test_no_file_is_refused(self):
        self.refused(pairs(self.out, SHORTEST | {"config": ""}), "--config")
        self.refused(pairs(self.out, SHORTEST | {"config": path()}), "--config", "a folder")
        self.refused(execute("pairs", "--config="), "--config")


class Values(ConfigCase):
    def test_values_that_are_empty_or_of_another_kind(self):
        for name, values in {"gain": ("", '""', '"5"', "true", "[5]", "{}", "nan"),
                             "select-every": ('""', '"1"', "1.0", "1979-05-27"),
                             "reference": ('""', "5", "true", '["a"]'),
                             "gradients": ('"true"', "1", "[true]"),
                             "interaction": ('""', "true", "[1]")}.items():
            for value in values:
                self.refused_file(f"# options\n{name} = {value}\n", "line 2, ")

    def test_values_out_of_range_are_refused_with_the_place(self):
        for line in ("gain = -1", "select-every = 0", "select-start = -1", "cascade-gain = -1",
                     "threads = -1", "device = 'tpu'", "precision = 'half'", "backend = 'fast'",
                     "interaction = 'K'", "arms = ['jiont']", "arms = ['joint:bogus=1']",
                     "seeds = [-1]", "reference = 'absent'", "learning-rate = 0"):
            name = line.split(" ")[0]
            self.refused_file(line, "line 1, column 1: ", name, **{name: None})

    def test_tables_of_other_commands_and_unknown_keys(self):
        for content in ("[images]\nsteps = 0\n", "[images]\n", "[probe.pairs]\n", "[pairs.more]\n",
                        "[[pairs]]\n", "title = 'x'\n", "[data]\n"):
            self.refused_file(content, "line 1, ")
        self.refused_file("gain = 1\n[pairs]\ngain = 2\n", "line 3", "line 1")
        self.refused_file("gain = 1\ngain = 2\n", "line 2")

    def test_a_folder_with_a_hash_is_that_folder(self):
        given = SHORTEST | self.config('out = "a#b/c" # "d"\n') | {"out": None}
        finished(pairs(None, given, cwd=path()))
        self.addCleanup(shutil.rmtree, path("a#b"))
        self.assertTrue(os.path.exists(path("a#b", "c", "summary.json")))


def write_tables(task, folder, tags):
    """Tables that hold nothing but the rows and tags that are asked for."""
    generator = random.Random(task)
    os.makedirs(path(folder), exist_ok=True)
    for first, (name, rows) in enumerate(ROWS.items()):
        ids = range(100000 * first, 100000 * first + rows)
        if task == "pairs":
            lines = [f"{row}\ta {row}\tb {row}\t{tags[row % len(tags)]}\n" for row in ids]
            write("".join(["id\tx\ty\ttag\n", *lines]).encode(), path(folder, name + ".tsv"))
            continue
        shape = [rows, LENGTH] if task == "text" else [rows, SIDE, SIDE]
        size = rows * LENGTH if task == "text" else rows * SIDE * SIDE
        arrays = {"bytes" if task == "text" else "images": ("U8", shape, generator.randbytes(size))}
        if task != "text":
            arrays["names"] = ("I32", [rows], bytes(row % 8 * (k == 0) for row in range(rows)
                                                    for k in range(4)))
        held = arrays | labels(ids[0], rows)
        held["tags"] = ("I32", [rows], bytes(row % len(tags) * (k == 0) for row in range(rows)
                                             for k in range(4)))
        write(safetensors(held, {"tag_names": json.dumps(tags)}),
              path(folder, name + ".safetensors"))
    write("".join(f"NAME {k}\n" for k in range(8)).encode(), path(folder, "names.txt"))


def token_words(tags):
    """Token files as `jest-data token-texts` leaves them, a file a tag, and the options that name them."""
    files = ["curated/" + tags[0], *("pool/" + tag for tag in tags), "eval-a"]
    for name in files:
        folder, _, base = path("tokens", name + ".bin").rpartition("/")
        os.makedirs(folder, exist_ok=True)
        rows = {"curated": 300, "pool": 4000}.get(name.split("/")[0], 40)
        write(struct.pack(f"<{128 * rows}H", *(k % 7 for k in range(128 * rows))), f"{folder}/{base}")
    return [f"--curated={path('tokens', 'curated')}", f"--pool={path('tokens', 'pool')}",
            f"--eval={path('tokens', 'eval-a.bin')}"]


class Recipes(ConfigCase):
    """The table of a recipe means to --config what it means to studies/study."""

    def known_after(self, arguments):
        process = subprocess.Popen([train_cases.PROGRAM, *arguments], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        while process.poll() is None and not os.path.exists(os.path.join(self.out, "run.json")):
            time.sleep(0.01)
        process.kill()
        said = process.communicate()[1].decode()
        self.assertTrue(os.path.exists(os.path.join(self.out, "run.json")), said)
        found = known(self.out)
        shutil.rmtree(self.out)
        return found

    def test_every_recipe(self):
        recipes = sorted((ROOT / "studies/recipes").glob("*.toml"))
        self.assertGreater(len(recipes), 1)
        for recipe in recipes:
            with self.subTest(recipe.name):
                self.check(recipe)

    def check(self, recipe):
        text, content = recipe.read_text(encoding="utf-8"), read_recipe(recipe)
        task, options = content["task"], content["options"]
        options = options | {"arms": [expanded(arm)[-1] for arm in options["arms"]]}
        tags = [tag for arm in options["arms"] if arm.startswith("oracle:")
                for tag in arm.split(":")[1].split("+")]
        if task == "tokens":
            tables = token_words(sorted({"other", *tags}))
        else:
            write_tables(task, task, sorted({"other", *tags}))
            tables = [f"--{name}={path(task, name)}.{EXTENSIONS[task]}" for name in ROWS]
        start = [task, *tables, f"--out={self.out}"]
        header = f"\n[{task}]\n"
        last_choices = CHOICE.sub(lambda choice: choice.group(1).split("|")[-1], text.split(header)[1])
        config = self.config(header + last_choices)["config"]
        by_file = self.known_after([*start, "--config", config])
        self.assertEqual(by_file, self.known_after([*start, *words(options)]))
        if "cascade-losses" in options:  # known by what is counted
            options = options | {"cascade-losses": options["cascade-losses"].replace(":", " ")}
        for name, value in options.items():
            self.assertEqual(by_file.get(name.replace("-", "_"), value), value, name)


if __name__ == "__main__":
    main()
