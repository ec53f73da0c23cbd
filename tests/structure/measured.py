"""Places of the documentation that a script writes what it measured into."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def place_of(page, script):
    """The text of a page, by its path, and where in it a script writes."""
    text = (ROOT / page).read_text(encoding="utf-8")
    place = re.search(rf"(?<=<!-- measured: {re.escape(script)} -->\n).*?(?=<!-- end -->)", text, re.DOTALL)
    if not place:
        raise SystemExit(f"{script}: expected the place of it in {page}")
    return text, place


def read_measured(page, script):
    """What lies between `<!-- measured: SCRIPT -->` and `<!-- end -->`."""
    return place_of(page, script)[1][0]


def write_measured(page, script, told):
    """Puts lines there instead."""
    text, place = place_of(page, script)
    (ROOT / page).write_text(text[:place.start()] + told + text[place.end():], encoding="utf-8")


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return re.search(r"^model name\s*: (.*)", text, re.MULTILINE)[1].strip()


def markdown_table(header, rows):
    """Rows of the values of `header`; numbers with thousands apart."""
    def cell(value):
        return f"{value:,}" if isinstance(value, int) else str(value)
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell(value) for value in line) + " |\n" for line in lines)
