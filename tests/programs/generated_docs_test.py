#!/usr/bin/env python3
"""Tables of the documentation are what jest-train prints. Usage: generated_docs_test.py JEST_TRAIN"""

import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
sys.path.append(str(ROOT / "python"))
from methods_json import methods_json

JEST_TRAIN = None  # set by main


def printed(command):
    return subprocess.run([JEST_TRAIN, command], capture_output=True, text=True, check=True,
                          timeout=60).stdout


def between(page, marker):
    text = (ROOT / page).read_text(encoding="utf-8")
    return text.split(f"<!-- {marker} -->\n")[1].split(f"<!-- /{marker} -->")[0]


class GeneratedDocs(unittest.TestCase):
    def test_options(self):
        self.assertEqual((ROOT / "docs/options.md").read_text(encoding="utf-8"), printed("options"),
                         "write it anew: jest-train options > docs/options.md")

    def test_methods(self):
        self.assertEqual(between("docs/method.md", "jest-train methods"), printed("methods"),
                         "docs/method.md: replace the table by what `jest-train methods` prints")

    def test_methods_of_the_python_package(self):
        self.assertEqual((ROOT / "python/jest/methods.json").read_text(encoding="utf-8"),
                         methods_json(printed("methods")),
                         "jest-train methods | python3 python/methods_json.py > python/jest/methods.json")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    JEST_TRAIN = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
