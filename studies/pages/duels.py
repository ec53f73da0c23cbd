"""The table of docs/evidence/online-or-filter.md: what online selection adds to a filter, of every page
of a recipe with [tune]."""

from pages.evidence_index import Page, line_of, with_table
from pages.recipe import read_recipe

TITLES = ("study", "useless are", "best filter", "best online", "gain of online, seed by seed",
          "its all-in FLOPs, of the filter's")


def ratio(online, rival):
    return f"{float(online['all-in FLOPs']) / float(rival['all-in FLOPs']):.2f}"


def duel_row(page, recipe):
    """None of a page on which nothing online stands against a filter."""
    rival, online = (page.found(**{"": name}) for name in ("best filter", "best online"))
    if rival is None or online is None:
        return None
    measure = list(rival)[2]
    gain = page.row(**{"": "gain of online"})[measure]

    def words(row):
        return f"{row['arm']} {row[measure]}"

    return line_of([page.link(), recipe["useless"], words(rival), words(online), f"{measure} {gain}",
                    ratio(online, rival)])


def duel_table(root):
    rows = []
    for path in sorted((root / "docs/evidence").glob("*.md")):
        page = Page(path)
        recipe_path = root / "studies/recipes" / f"{page.recipe}.toml"
        if page.recipe is None or not recipe_path.exists():
            continue
        recipe = read_recipe(recipe_path)
        if "tune" in recipe:
            rows.append(duel_row(page, recipe))
    return "\n".join([line_of(TITLES), "|" + "---|" * len(TITLES), *filter(None, rows)]) + "\n"


def write_duels(root):
    path = root / "docs/evidence/online-or-filter.md"
    if not path.exists():  # a tree that has none of these studies
        return
    path.write_text(with_table(path.read_text(encoding="utf-8"), duel_table(root)), encoding="utf-8")
