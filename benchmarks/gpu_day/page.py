"""A day's report as one JSON object and one page of Markdown, written anew after every part."""

import json

from cuda_table import cuda_section

UNKNOWN = {"device": "unknown device", "driver": 0, "toolkit": 0, "torch_has_cuda": False, "timed_runs": 0,
           "forward_flops": 0.0, "shapes": []}


def merged(rows, reports):
    """What the parts left, in one object; a later part's word counts."""
    whole = dict(UNKNOWN)
    for report in reports:
        whole |= report
    return whole | {"parts": rows}


def failures(rows):
    lines = []
    for row in rows:
        if row["result"] != "ok" and row["said"]:
            lines += ["", f"## {row['title']}: its last lines", "", *("    " + line for line in row["said"])]
    return lines


def page(whole):
    return "\n".join(["# A day with a GPU", "", *cuda_section(whole), *failures(whole["parts"])]) + "\n"


def shown(whole):
    """The page; of reports that lack what a table needs, what was wrong."""
    try:
        return page(whole)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        rows = [f"- {row['title']}: {row['result']}" for row in whole["parts"]]
        return "\n".join(["# A day with a GPU", "", f"A report has not what a table needs: {error!r}.", "",
                          *rows, *failures(whole["parts"])]) + "\n"


def replace(path, text):
    """Whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def keep(out, rows, reports):
    whole = merged(rows, reports)
    replace(out / "gpu-day.json", json.dumps(whole, indent=1) + "\n")
    replace(out / "gpu-day.md", shown(whole))
