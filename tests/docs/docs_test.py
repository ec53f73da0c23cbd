#!/usr/bin/env python3
"""The pages of docs as a site: scripts/docs builds it, without a warning and without a network.
Exits with 77 where scripts/setup or scripts/docs has not made what builds it.
"""

import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTED = "docs-wheels.txt"


class Addresses(html.parser.HTMLParser):
    """What a page loads, and where it leads."""

    def __init__(self, page):
        super().__init__()
        self.loaded, self.links, self.ids = [], [], set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids.add(given.get("id"))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif "src" in given or (tag == "link" and given.get("rel") != "canonical"):
            self.loaded.append(given.get("src") or given.get("href"))


class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="jest-site-"))
        cls.site = pathlib.Path(folder) / "site"
        done = cls.build(ROOT, cls.site)
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        cls.said = done.stdout
        cls.pages = {page: Addresses(page) for page in cls.site.rglob("*.html") if page.name != "404.html"}

    @staticmethod
    def build(tree, site):
        return subprocess.run([tree / "scripts/docs", "--out", site], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
                              env=os.environ | {"http_proxy": "http://127.0.0.1:9",
                                                "https_proxy": "http://127.0.0.1:9"})

    def test_one_command_says_where_it_is_and_nothing_else(self):
        self.assertEqual(self.said, f"{self.site}/index.html\n")

    def test_every_page_is_there(self):
        for page in (ROOT / "docs").rglob("*.md"):
            name = page.relative_to(ROOT / "docs").with_suffix(".html")
            name = name.with_name("index.html") if page.name == "README.md" else name
            self.assertIn(self.site / name, self.pages)
        for use in ("use-language-model", "use-image-text", "use-pytorch"):
            self.assertIn(f"{use}.html", self.pages[self.site / "index.html"].links)

    def test_nothing_is_fetched_from_elsewhere(self):
        self.assertGreater(len(self.pages), 30)
        for page, addresses in self.pages.items():
            self.assertGreater(len(addresses.loaded), 2)
            for address in addresses.loaded:
                with self.subTest(page=page.name, address=address):
                    self.assertTrue((page.parent / address.split("#")[0].split("?")[0]).is_file())
        for style in self.site.rglob("*.css"):
            self.assertIsNone(re.search(r"url\(\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")))

    def test_links_and_anchors_lead_somewhere(self):
        for page, addresses in self.pages.items():
            for link in addresses.links:
                name, _, anchor = link.partition("#")
                if re.match(r"[a-z]+:", name):
                    continue
                with self.subTest(page=str(page.relative_to(self.site)), link=link):
                    target = (page.parent / name).resolve() if name else page
                    target = target / "index.html" if target.is_dir() else target
                    self.assertIn(target, self.pages)
                    self.assertTrue(anchor in ("", *self.pages[target].ids))

    def test_a_file_beside_the_pages_is_shown(self):
        page = self.site / "source/examples/train_two_towers.cpp.html"
        self.assertIn("JointExampleScorer", page.read_text(encoding="utf-8"))


class Refusals(unittest.TestCase):
    def copy(self, addition):
        """The tree, as far as the site needs it, with something more at the end of a page."""
        folder = tempfile.TemporaryDirectory(prefix="jest-site-")
        self.addCleanup(folder.cleanup)
        tree = pathlib.Path(folder.name).resolve() / "tree"
        tree.mkdir()
        own = {"docs", "scripts", "mkdocs.yml"}  # mkdocs asks where these are
        for path in ROOT.iterdir():
            if path.name not in own and not path.name.startswith((".", "-")):
                (tree / path.name).symlink_to(path)
        shutil.copytree(ROOT / "docs", tree / "docs")
        shutil.copytree(ROOT / "scripts", tree / "scripts")
        shutil.copy(ROOT / "mkdocs.yml", tree / "mkdocs.yml")
        with open(tree / "docs/index.md", "a", encoding="utf-8") as file:
            file.write(addition)
        return tree

    def test_a_link_or_an_anchor_that_leads_nowhere_is_an_error(self):
        for addition, mention in (("\n[x](nowhere.md)\n", "nowhere.md"), ("\n[x](../nowhere)\n", "nowhere"),
                                  ("\n[x](formats.md#nowhere)\n", "nowhere"), ("", None)):
            tree = self.copy(addition)
            done = Site.build(tree, tree / "site")
            with self.subTest(addition):
                self.assertEqual(done.returncode != 0, mention is not None, done.stdout)
                self.assertIn(mention or "index.html", done.stdout)

    def test_other_words_are_refused(self):
        done = subprocess.run([ROOT / "scripts/docs", "--into", "x"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))


if __name__ == "__main__":
    made = ROOT / "build/docs" / LISTED
    if not made.is_file() or made.read_bytes() != (ROOT / "scripts" / LISTED).read_bytes():
        print("skipped: nothing builds the site yet (scripts/docs)")
        sys.exit(77)
    unittest.main(verbosity=2)
