"""Places of the documentation that a script writes what it measured into."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def write_measured(page, script, told):
    """Puts lines between `<!-- measured: SCRIPT -->` and `<!-- end -->` of a page, by its path."""
    file = ROOT / page
    text = file.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- measured: {re.escape(script)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not place.search(text):
        raise SystemExit(f"{script}: expected the place of it in {page}")
    file.write_text(place.sub(lambda found: found[1] + told + found[2], text), encoding="utf-8")


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return re.search(r"^model name\s*: (.*)", text, re.MULTILINE)[1].strip()


def markdown_table(header, rows):
    """Rows of the values of `header`; numbers with thousands apart."""
    def cell(value):
        return f"{value:,}" if isinstance(value, int) else str(value)
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell(value) for value in line) + " |\n" for line in lines)
