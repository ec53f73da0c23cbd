"""The table of docs/evidence/README.md: of every page of evidence the arm that its recipe shows.

Numbers are read from the tables of the pages; sentences are the recipes' `says`.
"""

import re
import sys

from pages.recipe import read_recipe
from pages.summaries import options_of_arm
from tuning import expanded

TITLES = ("study", "arm shown", "reached", "updates · run · all-in, times less", "what it says")
COSTS = ("updates, times less", "FLOPs of the run, times less", "all-in FLOPs, times less")
MAP_SAYS = ("How many times less, for pools of three kinds of useless examples, by their useful "
            "share and the filter ratio.")
MARKED = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- /table -->)", re.DOTALL)
STUDY = re.compile(r"^Written by `studies/study (\S+)(?: --target (\S+))?`", re.MULTILINE)


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if "|" in line else []


def line_of(cells):
    return "| " + " | ".join(cells) + " |"


class Page:
    """A page of evidence, as studies/study wrote it."""

    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        found = STUDY.search(self.text)
        self.recipe, self.target = found.groups() if found else (None, None)

    def refuse(self, expected, found="none"):
        sys.exit(f"read {self.path}: expected {expected}, got {found}")

    def link(self):
        return f"[{self.text.splitlines()[0].removeprefix('# ')}]({self.path.name})"

    def found(self, **wanted):
        """Title -> cell, of the first table with these columns and the row with these cells; None."""
        titles = []
        for line in self.text.splitlines():
            cells = cells_of(line)
            if not cells:
                titles = []
            elif not titles:
                titles = cells
            elif set(wanted) <= set(titles):
                row = dict(zip(titles, cells))
                if wanted.items() <= row.items():
                    return row
        return None

    def row(self, **wanted):
        row = self.found(**wanted)
        if row is not None:
            return row
        self.refuse("a row of " + ", ".join(f"{title} {cell}" for title, cell in wanted.items()))


def saved(page, recipe):
    """(reached, costs) of the shown arm; costs that do not buy the target stand in brackets."""
    rows = (page.found(arm=f"`{arm}`") for arm in expanded(recipe["shown"]))
    row = next(filter(None, rows), None) or page.row(arm=f"`{recipe['shown']}`")
    reached, runs = map(int, row["reached"].split(" of "))
    costs = " · ".join(row[cost] for cost in COSTS)
    return row["reached"], costs if 2 * reached >= runs else f"({costs})"


def size_of(page, recipe, sizes):
    """The batch size of the shown arm: its count, or the one of the page that no arm names."""
    counts = {arm: options_of_arm(arm).get("count") for arm in recipe["options"]["arms"]}
    if count := counts[recipe["shown"]]:
        return f"b = {int(count):,}"
    named = {f"b = {int(count):,}" for count in counts.values() if count}
    rest = [size for size in sizes if size not in named]
    if len(rest) != 1:
        page.refuse("one batch size that no arm names", ", ".join(rest) or "none")
    return rest[0]


def gained(page, recipe):
    """What the shown arm gains over independent selection, which takes as many updates."""
    strength, _, start = options_of_arm(recipe["shown"])["interaction"].partition("@")
    row = page.row(**{"κ": strength, "from": start or "the start"})
    size = size_of(page, recipe, [title for title in row if title.startswith("b = ")])
    measure = re.search(r"^## (.+) gained over independent selection$", page.text, re.MULTILINE)
    return "–", f"{measure.group(1)} {row[size]} over independent, {size}"


SHOWN = {"arms": saved, "interaction": gained, "tuned": saved}


def page_row(page, recipe):
    for key in ("shown", "says"):
        if key not in recipe:
            sys.exit(f"index: expected recipe {page.recipe} to have {key}, got none")
    says = recipe["says"]
    if page.target:
        says = f"The recipe of [{page.recipe}]({page.recipe}.md) for {page.target}."
    reached, figures = SHOWN[recipe["page"]](page, recipe)
    return line_of([page.link(), f"`{recipe['shown']}`", reached, figures, says])


def index_table(root):
    """Pages by the name of their recipe, those about interactions last, then the map."""
    recipes = {path.stem: read_recipe(path) for path in (root / "studies/recipes").glob("*.toml")}
    folder = root / "docs/evidence"
    pages = [page for page in map(Page, sorted(folder.glob("*.md"))) if page.recipe in recipes]
    pages.sort(key=lambda page: (recipes[page.recipe]["page"] == "interaction", page.recipe,
                                 page.target or ""))
    lines = [line_of(TITLES), "|" + "---|" * len(TITLES),
             *(page_row(page, recipes[page.recipe]) for page in pages)]
    if (folder / "map.md").exists():
        lines.append(line_of([Page(folder / "map.md").link(), "", "", "", MAP_SAYS]))
    return "\n".join(lines) + "\n"


def with_table(text, table):
    """The page with its table between the markers written anew."""
    if not MARKED.search(text):
        sys.exit("index: expected the markers <!-- table --> and <!-- /table -->, got none")
    return MARKED.sub(lambda _: table, text, count=1)


def write_index(root):
    path = root / "docs/evidence/README.md"
    path.write_text(with_table(path.read_text(encoding="utf-8"), index_table(root)),
                    encoding="utf-8")
