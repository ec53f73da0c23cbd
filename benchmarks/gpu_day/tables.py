"""Tables of a day with a GPU: what it was to show, and what its parts measured."""

HEADLINE = {"B": 163840, "d": 768, "b": 32768, "N": 16}
LEAST_OVERLAP = 0.99
EQUAL_OBJECTIVES = 1e-3  # of each other, where no other seed says how far two draws lie apart
MOST_EXTRA_BYTES = 600e6
LEAST_SHARES = {"products": 0.60, "fused": 0.80}
MILD = ("calibrated", "fresh")
NOT_RUN = "not run"


def is_headline(row):
    return all(row.get(key) == value for key, value in HEADLINE.items())


def judged(value, met):
    return f"{value}: {'met' if met else 'missed'}"


def tests_said(report):
    parts = {part["part"]: part for part in report.get("parts", [])}
    both = [parts[name] for name in ("tests", "tensor-tests") if name in parts]
    if len(both) < 2 or any(part["result"] != "ok" for part in both):
        return "; ".join(cell(part["result"]) for part in both) or NOT_RUN
    passed, skipped = (sum(part[word] for part in both) for word in ("passed", "skipped"))
    return judged(f"{passed} passed, {skipped} skipped", True)


def is_float16(row):
    return row["way"] in LEAST_SHARES


def picks_of(report, kind):
    return [row for row in report.get("picks", []) if "overlap" in row and kind(row)]


def least_overlap(report, kind):
    """In percent, and whether it is enough."""
    rows = picks_of(report, kind)
    if not rows:
        return NOT_RUN, False
    least = min(row["overlap"] for row in rows)
    return f"at least {100 * least:.2f} %", least >= LEAST_OVERLAP


def overlap_said(report, kind):
    value, met = least_overlap(report, kind)
    return value if value == NOT_RUN else judged(value, met)


def overlap_lines(report):
    """A first pick that rounding exchanges changes all rounds behind it where logits are large: float16 is
    judged where they are not, its picks there are told, and float16x3 is judged everywhere."""
    goal = f"| picks shared with the cpu backend, at least {100 * LEAST_OVERLAP:.0f} %:"
    mild = overlap_said(report, lambda row: is_float16(row) and row["regime"] in MILD)
    exact = overlap_said(report, lambda row: not is_float16(row))
    rough, _ = least_overlap(report, lambda row: is_float16(row) and row["regime"] not in MILD)
    return [f"{goal} float16, regimes {' and '.join(MILD)} | {mild} |", f"{goal} float16x3, every regime | {exact} |",
            f"| the same, float16, other regimes, no goal | {rough} |"]


def objective_gap(row):
    return abs(row["objective"] - row["host_objective"])


def objectives_equal(row):
    """Closer than another seed's picks are, or within a thousandth."""
    allowed = EQUAL_OBJECTIVES * abs(row["host_objective"])
    if "other_seed_objective" in row:
        allowed = max(allowed, abs(row["other_seed_objective"] - row["host_objective"]))
    return objective_gap(row) <= allowed


def objective_said(report):
    rows = picks_of(report, lambda row: row["regime"] in MILD or not is_float16(row))
    if not rows:
        return NOT_RUN
    far = sum(not objectives_equal(row) for row in rows)
    return judged(f"{len(rows) - far} of {len(rows)}", far == 0)


def headline_row(report, route):
    shapes = [shape for shape in report.get("shapes", []) if is_headline(shape)]
    rows = [row for shape in shapes for row in shape["rows"] if row["name"] == f"sigmoid, float16, {route}"]
    return rows[0] if rows else None


def share_said(report, route):
    row = headline_row(report, route)
    return judged(f"{row['floor_share']:.2f}", row["floor_share"] >= LEAST_SHARES[route]) if row else NOT_RUN


def memory_said(report):
    rows = [row for route in LEAST_SHARES if (row := headline_row(report, route))]
    if not rows:
        return NOT_RUN
    most = max(row["taken_bytes"] for row in rows)
    return judged(f"{most / 1e6:.0f} MB", most <= MOST_EXTRA_BYTES)


def goal_lines(report):
    lines = ["### Goals", "", "| goal | measured |", "|---|---|",
             f"| tests pass | {tests_said(report)} |",
             *overlap_lines(report),
             f"| the objective of judged picks is equal | {objective_said(report)} |"]
    for route, least in LEAST_SHARES.items():
        lines.append(f"| at B 163,840, b 32,768, N 16, d 768, route {route}: at least {least:.2f} of "
                     f"cuBLASLt | {share_said(report, route)} |")
    return lines + [f"| there, memory beyond the inputs: at most {MOST_EXTRA_BYTES / 1e6:.0f} MB "
                    f"| {memory_said(report)} |"]


def part_lines(report):
    lines = ["", "### Parts", "", "| part | s | of at most | result |", "|---|---|---|---|"]
    return lines + [f"| {part['title']} | {part['seconds']:.1f} | {part['limit_s']:.3g} | {cell(part['result'])} |"
                    for part in report["parts"]]


def cell(text):
    """A line that a table can hold."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("`", "'").replace("<", "&lt;")


def ceiling_lines(report):
    if "copy_bytes_per_second" not in report:
        return []
    lines = ["", "### Ceilings", "",
             f"Compute capability {report['capability']}, {report['multiprocessors']} multiprocessors, "
             f"{report['memory_bytes'] / 2**30:.0f} GiB. A copy reads and writes "
             f"{report['copy_bytes_per_second'] / 1e12:.2f} TB/s."]
    return lines + [f"cuBLASLt, float16, {p['rows']:,} × {p['columns']:,} × {p['width']:,}: "
                    f"{p['flops'] / 1e12:.0f} TFLOP/s." for p in report.get("products", [])]


def worth(row):
    other = row.get("other_seed_objective")
    return f"{row['objective']:.6g} | {row['host_objective']:.6g} | " + ("" if other is None else f"{other:.6g}")


def pick_lines(report):
    if not report.get("picks"):
        return []
    lines = ["", "### Picks against the host's", "",
             "Objective: the picks' joint score, a pick, in their own company; of another seed by the host to "
             "tell a difference by.", "",
             "| B | d | b | criterion | regime | route | shared | objective | the host's | of another seed |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for row in report["picks"]:
        what = f"{100 * row['overlap']:.2f} % | {worth(row)}" if "overlap" in row else f"{cell(row['refused'])} | | |"
        lines.append(f"| {row['B']:,} | {row['d']} | {row['b']:,} | {row['criterion']} | {row['regime']} "
                     f"| {row['way']} | {what} |")
    return lines


def step_lines(report):
    if not report.get("steps"):
        return []
    lines = ["", "### A training step", "",
             f"B {report['step_B']:,}, b {report['step_b']:,}; {report['model']}. ms.", "",
             "| selection | step | scoring | selection |", "|---|---|---|---|"]
    return lines + [f"| {row['arm']} | {row['ms']:.4g} | {row['scoring_ms']:.4g} | {row['selection_ms']:.3g} |"
                    for row in report["steps"]]


def day_lines(report):
    """Of a report that scripts/gpu-day wrote; none of one by select_cuda_bench alone."""
    if "parts" not in report:
        return []
    return ["", *goal_lines(report), *part_lines(report), *ceiling_lines(report), *pick_lines(report),
            *step_lines(report)]
