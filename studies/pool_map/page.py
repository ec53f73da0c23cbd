"""docs/evidence/map.md."""

from pool_map.cells import COUNT, LENGTHS, OPTIONS, POOL, RATES, STEPS, cells
from pool_map.pools import DUPLICATES, KINDS, MISMATCHED, OTHER, REPEATED
from pages.summaries import labelled

USELESS = {OTHER: "the rest is of another domain", MISMATCHED: "the rest is mismatched",
           DUPLICATES: "the rest is duplicates"}


def rows_of(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *("| " + " | ".join(row) + " |" for row in rows)]


def arms_of(points):
    return sorted({(one.arm, one.filter) for one in points}, key=lambda arm: (arm[0] != "joint", arm))


def grid(points, shown):
    """Rows of useful share, columns of arms."""
    arms = arms_of(points)
    found = {(one.share, one.arm, one.filter): one for one in points}
    shares = sorted({one.share for one in points}, reverse=True)
    return rows_of(["useful", *(f"{arm} {ratio:g}" for arm, ratio in arms)],
                   [[f"{100 * share:g} %", *(shown(found[share, *arm]) if (share, *arm) in found
                                             else "–" for arm in arms)] for share in shares])


def triple(one):
    return " · ".join(ratio.text() for ratio in (one.updates, one.run_flops, one.all_in_flops))


def loses(one):
    """By updates: uniform needs fewer than the arm. A lower bound below 1 says nothing."""
    return one.updates.value < 1 and one.updates.bound != ">"


def loses_all_in(one):
    return one.all_in_flops.value < 1 and one.all_in_flops.bound != ">"


def counted(name, points, test):
    """Which useful shares, how many of their arms."""
    shares = sorted({one.share for one in points if test(one)}, reverse=True)
    if not shares:
        return f"- {name}: nowhere."
    of_share = ((share, [one for one in points if one.share == share]) for share in shares)
    return f"- {name}: " + ", ".join(
        f"{100 * share:g} % useful ({sum(map(test, own))} of {len(own)} arms)"
        for share, own in of_share) + "."


def losing_lines(points, sets):
    lines = ["## Where it loses", "",
             "Uniform training needs fewer updates than the selecting arm took:", ""]
    groups = [(f"{title}, {USELESS[kind]}",
               [one for one in points if (one.set, one.useless) == (name, kind)])
              for name, title in sets for kind in KINDS]
    lines += [counted(title, own, loses) for title, own in groups if own]
    lines += ["", "Uniform training is cheaper once reference training and pool embedding are "
              "counted:", ""]
    return lines + [counted(title, own, loses_all_in) for title, own in groups if own]


def method_lines(extent, seeds):
    *lengths, longest = (f"{round(length * STEPS):,}" for length in LENGTHS)
    quick = "" if extent.name == "map" else (
        " This is the quick form: fewer shares, filter ratios, kinds and seeds than the whole map.")
    command = extent.command
    return [
        f"Written by `{command}`.{quick} Every pool has {POOL:,} pairs, made from real ones: "
        "useful ones of the target's domain up to the share, then useless ones, of *another domain* "
        "(translations: fifteen other languages; glyphs: all but Latin letters), *mismatched* (x of "
        "one useful pair with y of another), or *duplicates* (copies of "
        f"{REPEATED} useful pairs). The target is Italian, and Latin letters. A reference is trained "
        "for each pool on the same curated pairs.", "",
        f"A selecting arm trains for {STEPS} updates at b = {COUNT}. Uniform training of the same "
        f"pool runs for {', '.join(lengths)} updates, and for {longest} where one of the arms is ahead "
        "of all these, each run decayed in full; updates it needs to reach what the arm reached are "
        f"read between their ends, linear in log updates. > : more than {longest}; < : fewer than "
        f"{lengths[0]}. **Below 1 selection loses.** Filter ratio 1 − b/B, B the candidates of a step; "
        f"the cascade draws {2 * COUNT} of them by cached reference losses and leaves the rest to joint "
        "selection (at 0.5 it is joint selection). "
        f"{'Seeds' if len(seeds) > 1 else 'Seed'} {', '.join(map(str, seeds))}, each with pools of "
        "its own; medians over seeds.", "",
        "Each cell: times the updates · times the FLOPs of the run · times all FLOPs, with reference "
        "training and pool embedding. The learning rate is 0.004, and 0.002 for uniform runs of "
        f"more than {round(RATES[0][0] * STEPS):,} updates; neither was tuned for a pool."]


def references(finished):
    """What the references reach by themselves."""
    found = {}
    for cell, summary in finished:
        measure = summary["measures"][0]
        found.setdefault(cell.set, []).append(
            (summary["reference"][measure["name"]], measure))
    return {name: f"{labelled(values[0][1], min(v for v, _ in values))} to "
                  f"{max(v for v, _ in values):.3f}" for name, values in found.items()}


def unfinished(finished, sets, extent):
    """What an interrupted map lacks."""
    planned = len(cells(extent, [name for name, _ in sets]))
    if len(finished) == planned:
        return []
    return [f"**Interrupted: {len(finished)} of {planned} pools are in.**", ""]


def page(finished, points, sets, extent):
    seeds = sorted({cell.spec.seed for cell, _ in finished})
    lines = ["# The map: for which pools selection pays", "",
             "![Contours at 1, 3, 10 and 13 times over useful share and filter ratio](map.svg)", "",
             *unfinished(finished, sets, extent), *method_lines(extent, seeds), "",
             *losing_lines(points, sets)]
    alone = references(finished)
    for name, title in [one for one in sets if one[0] in alone]:
        lines += ["", f"## {title}", "", f"The references by themselves: {alone[name]}."]
        for kind in KINDS:
            own = [one for one in points if (one.set, one.useless) == (name, kind)]
            if own:
                lines += ["", f"### {title}: {USELESS[kind]}", "", *grid(own, triple), "",
                          "Useful pairs among the picks, and the arm's R@1:", "",
                          *grid(own, lambda one: f"{100 * one.picked:.0f} %, {one.value:.3f}")]
    options = "; ".join(f"{task}: " + " ".join(f"--{k} {v}" for k, v in given.items())
                        for task, given in OPTIONS.items())
    return "\n".join([*lines, "", f"Models: `{options}`."]) + "\n"
