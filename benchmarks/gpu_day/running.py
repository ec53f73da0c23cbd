"""One part of a day: a command with a limit, and what is kept of it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

NO_DEVICE = 77  # of programs that skip
LAST_LINES = 12
LONGEST_LINE = 300


def printable(text):
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def last_lines(path):
    """The end of a log, whatever is in it."""
    text = path.read_bytes()[-20000:].decode("utf-8", "replace") if path.is_file() else ""
    lines = [printable(line)[:LONGEST_LINE] for line in text.splitlines() if line.strip()]
    return lines[-LAST_LINES:]


def end_group(process):
    """The command and what it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run_command(command, log, limit, environment):
    """(exit status or None beyond the limit, seconds)."""
    begun = time.monotonic()
    with open(log, "wb") as out:
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
        try:
            status = process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end_group(process)
    return status, time.monotonic() - begun


def outcome(status, limit, lines):
    """What is said of a part in a word or a line; "ok" where all is well."""
    last = lines[-1] if lines else "it said nothing"
    if status is None:
        return f"over its limit of {limit:.3g} s"
    if status == NO_DEVICE:
        return f"not run: {last}"
    if status < 0:
        return f"ended by signal {-status}"
    return "ok" if status == 0 else f"failed with {status}: {last}"


def tests_counted(path):
    """{"passed": n, "skipped": n} of GoogleTest's last words in a log; zeros where it has not come to
    them."""
    text = path.read_bytes().decode("utf-8", "replace")
    counts = {word.lower(): int(number) for word, number in
              re.findall(r"^\[  (PASSED|SKIPPED) ? ?\] (\d+) tests?", text, re.MULTILINE)}
    return {"passed": 0, "skipped": 0} | counts


def read_json(path):
    """(object, None), or (None, what was wrong)."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return None, "no report"
    except ValueError as error:
        return None, f"expected a report in JSON, got {printable(str(error))}"
    return (value, None) if isinstance(value, dict) else (None, "expected a report in JSON, got no object")


def run_part(part, folder, limit, environment):
    """A row of the day's table, and the part's report, an empty one where there is none."""
    row = {"part": part.name, "title": part.title, "limit_s": round(limit, 3), "seconds": 0.0, "said": []}
    if part.missing:
        return row | {"result": f"not run: {part.missing}"}, {}
    log = pathlib.Path(folder) / f"{part.name}.log"
    try:
        status, row["seconds"] = run_command(part.command, log, limit, environment)
    except OSError as error:
        return row | {"result": f"not run: {printable(str(error))}"}, {}
    row["said"] = last_lines(log)
    row["result"] = outcome(status, limit, row["said"])
    if part.tests:
        row |= tests_counted(log)
        if row["result"] == "ok" and row["skipped"] >= row["passed"]:  # some need no device, some two
            row["result"] = f"not run: {row['skipped']} tests skipped"
    if part.report is None:
        return row, {}
    report, wrong = read_json(part.report)
    if wrong and row["result"] == "ok":
        row["result"] = f"failed: {wrong}"
    return row, report or {}
