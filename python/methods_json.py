#!/usr/bin/env python3
"""python/jest/methods.json from what jest-train prints:

jest-train methods | python3 python/methods_json.py > python/jest/methods.json
"""

import json
import sys


def methods_json(table):
    """The rows of a Markdown table as JSON, a method a line."""
    header, _, *rows = [[cell.strip() for cell in line.strip("|\n").split("|")]
                        for line in table.splitlines() if line.startswith("|")]
    keys = ["name", *(title.replace(" ", "_") for title in header[1:])]
    lines = [json.dumps(dict(zip(keys, [row[0].strip("`"), *row[1:]])), ensure_ascii=False)
             for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    sys.stdout.write(methods_json(sys.stdin.read()))
