#!/usr/bin/env python3
"""jest-select counts, against counts by dictionaries. Usage: select_counts_test.py JEST_SELECT"""

import collections
import json
import math
import struct
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from npy_files import read_npy
from select_cases import Case, main, run
from train_tasks import safetensors


def law(rows, longest=5, discount=0.8, alphabet=256):
    """p(unit, context), interpolated with absolute discounting."""
    counts, totals, types = collections.Counter(), collections.Counter(), collections.defaultdict(set)
    for row in rows:
        for end in range(1, len(row) + 1):
            for length in range(1, min(end, longest) + 1):
                gram = row[end - length:end]
                counts[gram] += 1
                totals[gram[:-1]] += 1
                types[gram[:-1]].add(gram[-1])

    def p(context, unit):
        lower = p(context[1:], unit) if context else 1 / alphabet
        if not totals[context]:
            return lower
        kept = max(counts[context + bytes([unit])] - discount, 0)
        return (kept + discount * len(types[context]) * lower) / totals[context]

    return lambda row: sum(math.log(p(row[max(0, k - longest + 1):k], row[k])) for k in range(len(row)))


def bag(rows, longest=4, buckets=2**18):
    """Every n-gram by itself: what hashing stands for where none of a few share a bucket."""
    counts = collections.Counter(row[k:k + longest] for row in rows for k in range(len(row) - longest + 1))
    total = sum(counts.values()) + buckets
    return lambda row: sum(math.log((counts[row[k:k + longest]] + 1) / total)
                           for k in range(len(row) - longest + 1))


class Counts(Case):
    def setUp(self):
        super().setUp()
        self.curated = [self.text("aab ", 40) for _ in range(9)]
        self.pool = [self.text("abcd", 30) for _ in range(30)] + self.curated[:3]
        self.pool += [self.pool[0], self.pool[1]]
        self.files = ["--curated", self.lines("curated.txt", self.curated),
                      "--pool", self.lines("pool.txt", self.pool)]

    def text(self, letters, length):
        return "".join(self.generator.choices(letters, k=length))

    def put(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def lines(self, name, texts, end="\n"):
        return self.put(name, "".join(text + end for text in texts).encode())

    def answer(self, *words):
        got = run("counts", *words)
        self.assertEqual((got.returncode, got.stderr, got.stdout.count("\n")), (0, "", 1))
        return json.loads(got.stdout)

    def losses(self, *words):
        self.answer(*words, "--out", self.path("losses.npy"))
        descr, (rows,), content = read_npy(self.path("losses.npy"))
        self.assertEqual(descr, "<f4")
        return struct.unpack(f"<{rows}f", content)

    def check(self, got, fit):
        self.assertEqual(len(got), len(self.pool))
        for text, loss in zip(self.pool, got):
            half = [other for other in self.pool if half_of(other) != half_of(text)]
            self.assertAlmostEqual(loss, self.expected(text, half, fit), delta=1e-5)

    def expected(self, row, half, fit):
        curated = [text.encode() for text in self.curated if text != row]
        background = [text.encode() for text in half]
        row = row.encode()
        return (fit(background)(row) - fit(curated)(row)) / len(row)

    def test_hashed_losses(self):
        self.check(self.losses(*self.files), bag)

    def test_interpolated_losses(self):
        self.check(self.losses(*self.files, "--kind", "interpolated"), law)

    def test_formats_agree(self):
        expected = self.losses(*self.files)
        words = ["--curated", self.lines("c.txt", self.curated, "\r\n")]
        texts = "\n".join(json.dumps({"text": text, "more": 1}) + "\n" for text in self.pool)
        self.assertEqual(self.losses(*words, "--pool", self.put("p.jsonl", texts.encode())), expected)
        rows = self.pool[:30]
        self.put("p.safetensors", safetensors({"bytes": ("U8", [30, 30], "".join(rows).encode())}))
        self.assertEqual(self.losses(*words, "--pool", self.path("p.safetensors")),
                         self.losses(*words, "--pool", self.lines("p.txt", rows)))

    def test_store_has_ids_and_costs(self):
        answer = self.answer(*self.files, "--out", self.path("s.safetensors"))
        with open(self.path("s.safetensors"), "rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        self.assertEqual(header["losses"]["shape"], [len(self.pool)])
        self.assertEqual(header["ids"]["dtype"], "I64")
        metadata = header["__metadata__"]
        self.assertEqual(float(metadata["flops"]), answer["operations"])
        self.assertGreater(float(metadata["cpu_seconds"]), 0)
        self.assertEqual((answer["curated"], answer["pool"]), (9, len(self.pool)))

    def test_picks(self):
        losses = self.losses(*self.files)
        lowest = sorted(range(len(losses)), key=lambda row: losses[row])[:3]
        self.assertEqual(self.answer(*self.files, "--count", 3)["indices"], lowest)
        drawn = self.answer(*self.files, "--count", 3, "--gain", 0)["indices"]
        self.assertEqual(len(set(drawn)), 3)
        self.assertNotEqual(drawn, self.answer(*self.files, "--count", 3, "--gain", 0, "--step", 1)["indices"])
        self.answer(*self.files, "--count", 3, "--out", self.path("picked.npy"))
        self.assertEqual(read_npy(self.path("picked.npy"))[:2], ("<i8", (3,)))

    def test_words(self):
        for kind in ("hashed", "interpolated"):
            pool = [f"x  y {k}" for k in range(30)] + [f"one\ttwo {k}" for k in range(4)]
            losses = self.losses("--curated", self.lines("c.txt", ["one two"] * 3), "--pool",
                                 self.lines("p.txt", pool), "--units", "words", "--kind", kind)
            self.assertGreater(min(losses[:30]), max(losses[30:]))

    def test_tokens(self):
        """Windows of 9 tokens that share one: uint16 without a header, uint32 of llm.c and without."""
        tokens, pool = (self.generator.choices(range(30), k=count) for count in (90, 243))
        self.put("c.bin", struct.pack("<90H", *tokens))
        raw = struct.pack("<243I", *pool)
        self.put("raw.bin", raw)
        self.put("p.bin", struct.pack("<256i", 20240801, 7, 243, *[0] * 253) + raw)
        given = ["--curated", self.path("c.bin"), "--units", "tokens", "--length", 8, "--kind", "interpolated"]
        files = given + ["--pool", self.path("p.bin")]
        curated, pool = ([bytes(all_[k:k + 9]) for k in range(0, len(all_) - 1, 8)] for all_ in (tokens, pool))
        got = self.losses(*files)
        self.assertEqual(len(got), len(pool))

        def fit(rows, row):
            return law(rows, longest=3, alphabet=max(map(max, pool + curated)) + 1)(row)

        halves = {row: half_of(struct.pack(f"<{len(row)}I", *row)) for row in pool}
        for row, loss in zip(pool, got):
            half = [other for other in pool if halves[other] != halves[row]]
            self.assertAlmostEqual(loss, (fit(half, row) - fit(curated, row)) / len(row), delta=1e-5)
        self.answer(*files, "--out", self.path("s.safetensors"))
        with open(self.path("s.safetensors"), "rb") as file:
            header, data = json.loads(file.read(struct.unpack("<Q", file.read(8))[0])), file.read()
        ids = data[slice(*header["ids"]["data_offsets"])]
        self.assertEqual(struct.unpack(f"<{len(ids) // 8}q", ids), tuple(range(0, 242, 8)))
        self.put("c.bin", struct.pack("<90I", *tokens))
        self.assertEqual(self.losses(*given, "--pool", self.path("raw.bin"), "--token-type", "u32"), got)

    def test_refusals(self):
        out = ["--out", self.path("losses.npy")]
        for words, expected in (
                (self.files, "--out: expected a file for losses"),
                (self.files[:2] + out, "--pool: expected a file"),
                (self.files + ["--gain", 3] + out, "--gain: expected --count"),
                (self.files + ["--out", self.path("losses.txt")], "ends in .npy or .safetensors"),
                (self.files + ["--kind", "other"] + out, "one of hashed, interpolated, got 'other'"),
                (self.files + ["--count", 99], "99"),
                (self.files[:2] + ["--pool", self.put("g.txt", b"\x1f\x8b\x08" + b"x" * 30)] + out, "gzip"),
                (self.files[:2] + ["--pool", self.put("j.jsonl", b'{"text": 1}\n')] + out, "j.jsonl:1: expected"),
                (self.files[:2] + ["--pool", self.put("e.txt", b"")] + out, "at least one text, got none"),
                (self.files[:2] + ["--pool", self.put("o.txt", b"one\n")] + out, "both halves"),
                (self.files + ["--units", "tokens"] + out, "curated.txt: expected tokens"),
                (self.files + ["--length", 0] + out, "--length: expected an integer from 1")):
            got = run("counts", *words)
            with self.subTest(words=words):
                self.assertEqual((got.returncode, got.stdout, got.stderr.count("\n")), (1, "", 1))
                self.assertIn(expected, got.stderr)


def philox(name, seed):
    """The first word of Philox 4x32-10 at step 0 and round 0. Source: Salmon et al., SC 2011."""
    counter, key = [name & 0xFFFFFFFF, name >> 32, 0, 0], [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & 0xFFFFFFFF,
                   first >> 32 ^ counter[3] ^ key[1], first & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return counter[0]


def half_of(text):
    """Which half of the pool a text is counted in, by its hash: FNV-1a."""
    name = 0xCBF29CE484222325
    for byte in text.encode() if isinstance(text, str) else text:
        name = (name ^ byte) * 0x100000001B3 % 2**64
    return philox(name >> 1, 0) >> 31


if __name__ == "__main__":
    main()
