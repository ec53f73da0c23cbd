#!/usr/bin/env python3
"""What a selection over ranks exchanges, and how long that takes by a model: the tables of
docs/many-machines.md. Usage: model.py [--docs], which writes them there.

Exchanges and bytes are exact: tests/ranks/cost_model_test.py compares them with counted ones. Times are
latency plus bytes over bandwidth, with the constants below; nothing ran on such a network.
"""

import collections
import math
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/many-machines.md"

# Sizes of messages: src/select/messages.hpp, include/jest/select/sampler.hpp.
GREETING, HEADER, MOMENTS, OFFER = 192, 32, 24, 40  # bytes
FLOAT32, BFLOAT16 = 4, 2  # of a number of a row: src/select/picked_rows.hpp
SHARD_STEP = 64  # kShardStep, include/jest/select/exchange.hpp

# One-way latency (s), time for each other rank (s), bytes a second of a rank. An exchange is an all-to-all:
# it waits two latencies, as tests/ranks/network_test.py measures. The numbers are assumptions.
Network = collections.namedtuple("Network", "latency message bandwidth")
SLOW = Network(30e-6, 4e-6, 25e9 / 8)
FAST = Network(5e-6, 1e-6, 400e9 / 8)

CORE = 0.79 * 273e9  # FLOP/s of the cpu backend: docs/benchmarks.md, whole selection
CORES = 16  # of a rank; an assumption
SORT = 4.4e-9  # s for each of n log2 n offers; std::sort, AMD EPYC
# FLOP of both towers for a pair, forward: mlfoundations/open_clip, docs/model_profile.csv.
TOWERS = {"ViT-B-16": 41.09e9, "ViT-L-14": 175.33e9}
DEVICE = 400e12  # FLOP/s of a rank in training; an assumption
WIDTH, SHARE = 768, 5  # of embeddings; B/b, a filter ratio of 0.8
CASES = ((20480, 8), (163840, 64), (163840, 256), (163840, 1024), (1048576, 256), (1048576, 1024))
PREFERRED = 0.02  # of a step


def shards(candidates, ranks):
    """(first, count) of each rank: shard_of of src/select/exchange.cpp."""
    tiles = -(-candidates // SHARD_STEP)
    bounds = [min(candidates, SHARD_STEP * (tiles * rank // ranks)) for rank in range(ranks + 1)]
    return [(first, end - first) for first, end in zip(bounds, bounds[1:])]


def takes(count, chunks):
    """Picks of each round."""
    return [count // chunks + (k < count % chunks) for k in range(chunks)]


def offers(take, candidates, largest):
    """Keys that a rank tells in a round: enough but in one of some thousand rounds."""
    mean = take * largest / candidates
    return min(take, math.ceil(mean + 5 * math.sqrt(mean) + 2))


def exchanges(candidates, ranks, count, chunks, row):
    """What each exchange brings to a rank, its own part with it: [(what, bytes)]. `row`: bytes of a pick."""
    parts = shards(candidates, ranks)
    largest = max(size for _, size in parts)
    found = [("greeting", GREETING * ranks)]
    for k, take in enumerate(takes(count, chunks)):
        most = offers(take, candidates, largest)
        keys = sum(HEADER + OFFER * min(most, size) for _, size in parts)
        if k == 0:
            keys += MOMENTS * sum(-(-(first + size) // SHARD_STEP) - first // SHARD_STEP
                                  for first, size in parts if size > 0)
        found.append(("keys", keys))
        if k + 1 < chunks:
            found.append(("rows", take * row))
    return found


def fullest(mean, ranks):
    """The most picks of a round on one rank, about: the smallest m that half of the rounds do not exceed."""
    if mean > 600:
        return math.ceil(mean + math.sqrt(2 * math.log(2 * ranks) * mean))
    term = total = math.exp(-mean)
    picks = 0
    while ranks * (1 - total) > 0.5:
        picks += 1
        term *= mean / picks
        total += term
    return picks


class Cost:
    """Of one selection of a step; seconds, bytes."""

    def __init__(self, candidates, ranks, chunks=16, number=FLOAT32):
        self.candidates, self.ranks, self.chunks = candidates, ranks, chunks
        self.count = candidates // SHARE
        self.row = 2 * 2 * WIDTH * number  # two models, two sides
        self.exchanges = exchanges(candidates, ranks, self.count, chunks, self.row)

    def received(self, what):
        return sum(size for kind, size in self.exchanges if kind == what)

    def waiting(self, network):
        """A rank sends its part to every other: that of the fullest decides for rows."""
        return sum(self.wait(kind, size, network) for kind, size in self.exchanges)

    def wait(self, kind, size, network):
        if kind == "rows":
            mean = size / self.row / self.ranks
            size = max(size, fullest(mean, self.ranks) * self.ranks * self.row)
        others = self.ranks - 1
        return (2 * network.latency + others * network.message
                + size * others / self.ranks / network.bandwidth)

    def rounds(self, network):
        """Seconds of each round, the greeting in the first."""
        seconds = [self.work() / self.chunks] * self.chunks
        keys = 0
        for kind, size in self.exchanges:
            seconds[max(keys - 1, 0) if kind == "rows" else keys] += self.wait(kind, size, network)
            keys += kind == "keys"
        return seconds

    def exposed(self, network, towers):
        """Seconds that a selection adds to a step whose forward passes of picks begin between rounds."""
        forward = self.count / self.chunks / self.ranks * towers / DEVICE
        now = end = 0
        for seconds in self.rounds(network):
            now += seconds
            end = max(end, now) + forward
        return end - self.chunks * forward

    def work(self):
        """Products of the rest with the picks, and everybody's offers sorted."""
        picks = self.count * (self.chunks - 1) / self.chunks
        flop = 8 * WIDTH * picks * (self.candidates - picks / 2) / self.ranks
        sorts = 0
        for kind, size in self.exchanges:
            if kind == "keys":
                count = size / OFFER
                sorts += SORT * count * math.log2(count)
        return flop / (CORES * CORE) + sorts

    def step(self, towers):
        """Scoring of B by the learner, and forward and backward of b; the reference's scores are stored."""
        return (3 * self.count + self.candidates) / self.ranks * towers / DEVICE

    def share(self, network, towers):
        return (self.waiting(network) + self.work()) / self.step(towers)


def table(header, rows):
    def line(cells):
        return "| " + " | ".join(cells) + " |\n"
    return line(header) + line(["---"] * len(header)) + "".join(map(line, rows))


def ms(seconds):
    return f"{1e3 * seconds:,.0f}" if seconds >= 10e-3 else f"{1e3 * seconds:.1f}"


def percent(share):
    return f"{100 * share:,.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def message_table():
    rows = []
    for candidates, ranks in CASES:
        cost = Cost(candidates, ranks)
        take = cost.count // cost.chunks
        largest = max(size for _, size in shards(candidates, ranks))
        rows.append([f"{candidates:,}", f"{ranks:,}", f"{take:,}", str(offers(take, candidates, largest)),
                     str(len(cost.exchanges)), f"{cost.received('keys') / 1e6:.1f}",
                     f"{cost.received('rows') / 1e6:,.0f}",
                     f"{Cost(candidates, ranks, number=BFLOAT16).received('rows') / 1e6:,.0f}",
                     f"{candidates * cost.row / 1e6:,.0f}"])
    return table(["B", "R", "c", "keys of a rank", "exchanges", "keys, MB", "rows, MB", "of bfloat16, MB",
                  "all embeddings, MB"], rows)


def time_table():
    rows = []
    for candidates, ranks in CASES:
        cost = Cost(candidates, ranks)
        narrow = Cost(candidates, ranks, number=BFLOAT16)
        rows.append([f"{candidates:,}", f"{ranks:,}", ms(cost.work())]
                    + [f"{ms(cost.waiting(network))} / {ms(narrow.waiting(network))}" for network in (SLOW, FAST)]
                    + [f"{ms(cost.step(towers))}: {percent(cost.share(SLOW, towers))}, "
                       f"{percent(cost.share(FAST, towers))}" for towers in TOWERS.values()])
    return table(["B", "R", "work, ms", "25 Gb/s, ms", "400 Gb/s, ms",
                  *(f"step of {name}, ms: shares" for name in TOWERS)], rows)


def chunk_table():
    chunks = (1, 2, 4, 8, 16, 32)
    rows = []
    for network, name in ((SLOW, "25 Gb/s"), (FAST, "400 Gb/s")):
        for towers, flop in TOWERS.items():
            shares = [Cost(163840, 256, n).share(network, flop) for n in chunks]
            rows.append([f"{name}, {towers}", *(f"**{percent(share)}**" if share <= PREFERRED else percent(share)
                                                for share in shares)])
    return table(["N", *map(str, chunks)], rows)


def ahead_table():
    rows = []
    for candidates, ranks in CASES[:4]:
        narrow = Cost(candidates, ranks, number=BFLOAT16)
        cells = [f"{candidates:,}", f"{ranks:,}"]
        for towers in TOWERS.values():
            step = narrow.step(towers)
            for network in (SLOW, FAST):
                without, ahead = narrow.share(network, towers), narrow.exposed(network, towers) / step
                cells.append(f"{percent(without)}, {'**' * (ahead <= PREFERRED)}{percent(ahead)}"
                             f"{'**' * (ahead <= PREFERRED)}")
        rows.append(cells)
    return table(["B", "R", *(f"{towers}, {name}" for towers in TOWERS for name in ("25 Gb/s", "400 Gb/s"))],
                 rows)


TABLES = {"ahead": ahead_table, "messages": message_table, "times": time_table, "chunks": chunk_table}


def with_tables(page):
    """The page with every table between its markers written anew."""
    def written(found):
        return found[1] + TABLES[found[2]]() + found[4]
    return re.sub(r"(<!-- generated: benchmarks/ranks/model.py (\w+) -->\n)(.*?)(<!-- end -->)", written, page,
                  flags=re.DOTALL)


def main(words):
    if words == ["--docs"]:
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    elif words:
        sys.exit(__doc__)
    else:
        print("\n".join(made() for made in TABLES.values()), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
