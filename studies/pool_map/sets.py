"""The two sets of the map: what is useful in them, and the tables that a cell needs."""

import pathlib

from pool_map.pools import MISMATCHED, USEFUL, compose
from pool_map.tables import Images, read_tsv, write_images, write_tsv

HELD_OUT = 2000  # pairs to find each other among


def without_shared_words(x, y):
    """As jest-data does it: a word on both sides would tell that a pair is one."""
    left, right = x.split(), y.split()
    shared = {word.casefold() for word in left} & {word.casefold() for word in right}
    return tuple(" ".join(word for word in side if word.casefold() not in shared)
                 for side in (left, right))


class Translations:
    """Italian out of sixteen languages."""

    name, task, label = "translations", "pairs", "Translations"
    data = {"translations": {"target": "it"}}
    tables = ("curated.tsv", "pool.tsv", "eval.tsv")

    def __init__(self, prepared):
        self.prepared = pathlib.Path(prepared)
        pool = read_tsv(self.prepared / "pool.tsv")
        self.useful = [(x, y) for x, y, tag in pool if tag == "it"]
        self.other = [(x, y) for x, y, tag in pool if tag != "it"]

    def write(self, folder, spec):
        rows = compose(self.useful, self.other, spec)
        if spec.useless == MISMATCHED:
            cleaned = [(*without_shared_words(x, y), tag) if tag == MISMATCHED else (x, y, tag)
                       for x, y, tag in rows]
            rows = [new if new[0] and new[1] else old for new, old in zip(cleaned, rows)]
        write_tsv(folder / "pool.tsv", rows)
        for name, most in (("curated", None), ("eval", HELD_OUT)):
            known = read_tsv(self.prepared / f"{name}.tsv")[:most]
            write_tsv(folder / f"{name}.tsv", [(x, y, USEFUL) for x, y, _ in known])


class Glyphs:
    """Latin letters out of all glyphs."""

    name, task, label = "glyphs", "images", "Glyphs"
    data = {"glyph-names": {"noise": 0.5}}
    tables = ("curated.safetensors", "pool.safetensors", "eval-seen.safetensors",
              "eval-unseen.safetensors")

    def __init__(self, prepared):
        self.prepared = pathlib.Path(prepared)
        self.texts = (self.prepared / "names.txt").read_text(encoding="utf-8").splitlines()
        self.pool = Images(self.prepared / "pool.safetensors")
        true = [row for row in range(len(self.pool))
                if self.pool.tag_names[self.pool.tags[row]] == "true"]
        pairs = [(row, self.pool.names[row]) for row in true]
        self.useful = [pair for pair in pairs if self.is_latin(pair[1])]
        self.other = [pair for pair in pairs if not self.is_latin(pair[1])]

    def is_latin(self, name):
        return self.texts[name].startswith("LATIN ")

    def write(self, folder, spec):
        (folder / "names.txt").write_bytes((self.prepared / "names.txt").read_bytes())
        rows = ((self.pool.image(row), name, tag)
                for row, name, tag in compose(self.useful, self.other, spec))
        write_images(folder / "pool.safetensors", rows, self.pool.side)
        for table in ("curated", "eval-seen", "eval-unseen"):
            images = Images(self.prepared / f"{table}.safetensors")
            latin = (images.row(k) for k in range(len(images)) if self.is_latin(images.names[k]))
            write_images(folder / f"{table}.safetensors",
                         ((image, name, USEFUL) for image, name, _ in latin), images.side)


SETS = (Translations, Glyphs)
