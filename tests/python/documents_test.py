#!/usr/bin/env python3
"""What documentation shows of the Python package runs: doctests, docs/python.md, the examples."""

import doctest
import importlib.util
import inspect
import os
import pathlib
import subprocess
import sys
import tempfile
import typing
import unittest

import numpy as np

from cases import ROOT

sys.path.append(str(ROOT / "tests/structure"))
from tree_rules import tested_commands

import jest
import jest._methods
import jest._selection
import jest.stores

HAS_TORCH = importlib.util.find_spec("torch") is not None
EXAMPLES = [path for path in sorted((ROOT / "examples/python").glob("*.py"))
            if "import jest" in path.read_text(encoding="utf-8")]


class Documents(unittest.TestCase):
    def check(self, results):
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_doctests(self):
        for module in (jest._selection, jest._methods, jest.stores):
            self.check(doctest.testmod(module))

    @unittest.skipUnless(HAS_TORCH, "no torch in this Python")
    def test_doctests_of_the_operators(self):
        import jest.torch
        self.check(doctest.testmod(jest.torch))

    def test_the_page(self):
        self.check(doctest.testfile(str(ROOT / "docs/python.md"), module_relative=False,
                                    encoding="utf-8"))

    def test_every_function_says_what_it_takes_and_shows_it(self):
        functions = [getattr(jest, name) for name in jest.__all__ if inspect.isfunction(getattr(jest, name))]
        self.assertGreater(len(functions), 5)
        for function in functions:
            with self.subTest(function.__name__):
                hints = typing.get_type_hints(function)
                self.assertEqual(set(hints), {*inspect.signature(function).parameters, "return"})
                self.assertGreater(len(inspect.getdoc(function)), 40)
                self.assertIn(">>>", function.__doc__)

    def test_examples_are_short_and_hold(self):
        self.assertEqual(len(EXAMPLES), 4)
        for example in EXAMPLES:
            text = example.read_text(encoding="utf-8")
            self.assertLessEqual(text.count("\n"), 40, example.name)
            if "import torch" in text and not HAS_TORCH or "sys.argv" in text:
                continue
            with self.subTest(example.name):
                done = subprocess.run([sys.executable, "-B", example], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_example_of_a_pretrained_guide(self):
        random = np.random.default_rng(1)
        lines = [" ".join(random.choice(list("abcdefghijklmnop"), 12)) for _ in range(640)]
        rows = [f"{k}\t{line}\t{lines[k if k % 8 == 0 else k - 1].upper()}\t{'de' if k % 8 == 0 else 'de-noise'}"
                for k, line in enumerate(lines)]
        encoder = ("import numpy as np\ndef embed(texts):\n"
                   "    return [3 + np.bincount([ord(c) - 97 for c in t.lower() if c != ' '], minlength=16) "
                   "for t in texts]\n")
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            (place / "letters.py").write_text(encoder, encoding="utf-8")
            for name, some in (("curated", rows[:512:8]), ("pool", rows)):
                (place / f"{name}.tsv").write_text("\n".join(["id\tx\ty\ttag", *some]), encoding="utf-8")
            done = subprocess.run([sys.executable, "-B", ROOT / "examples/python/pretrained_guide.py",
                                   "letters:embed", "curated.tsv", "pool.tsv", "de", "2"], cwd=folder,
                                  capture_output=True, text=True, check=True,
                                  env=os.environ | {"PYTHONPATH": os.pathsep.join([folder, *sys.path])})
        fitted, *answers = done.stdout.splitlines()
        self.assertRegex(fitted, "^scale .* fitted to 64 curated pairs$")
        self.assertEqual(len(answers), 2)
        for answer in answers:
            of_all, of_picks = (float(word) for word in answer.split() if word[0].isdigit())
            self.assertEqual(of_all, 0.125)
            self.assertGreater(of_picks, 0.9)

    @unittest.skipUnless(HAS_TORCH, "no torch in this Python")
    def test_commands_of_the_pages(self):
        mine = ("tests/python/documents_test.py", "test_commands_of_the_pages")
        commands = [code for page in (ROOT / "docs").glob("*.md")
                    for *claim, code in tested_commands(page.read_text(encoding="utf-8"))
                    if tuple(claim) == mine]
        self.assertEqual(len(commands), 3)
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" -B "$@"\n')
            pathlib.Path(folder, "python3").chmod(0o755)
            path = os.pathsep.join([folder, os.environ["PATH"]])
            for command in commands:
                with self.subTest(command):
                    done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=ROOT,
                                          env=os.environ | {"PATH": path}, stdout=subprocess.PIPE,
                                          stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
                    self.assertEqual(done.returncode, 0, done.stdout)

    def test_methods(self):
        methods = {method.name: method for method in jest.methods()}
        self.assertGreater(len(methods), 10)
        self.assertIn("2406.17711", methods["jest"].source)
        self.assertEqual(methods["uniform"].scored_by, "nothing")

    def test_the_package_has_types(self):
        folder = pathlib.Path(jest.__file__).parent
        self.assertTrue((folder / "py.typed").exists())
        self.assertTrue((folder / "_core.pyi").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
