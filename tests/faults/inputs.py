"""Small inputs of the programs: tables, pairs, embeddings, tokens."""

import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "programs"))
from train_tasks import safetensors

ROWS = {"curated": (0, 40), "pool": (1000, 80), "eval": (5000, 12)}  # first id, rows
CURATED_PAIRS = 260  # a probe holds out a fifth, at least 50
TOKENS = 8  # of a row


def byte_rows(name):
    first, rows = ROWS[name]
    generator = random.Random(name)
    arrays = {"bytes": ("U8", [rows, 16], bytes(generator.choices(b"abcd ", k=rows * 16))),
              "ids": ("I64", [rows], struct.pack(f"<{rows}q", *range(first, first + rows)))}
    return safetensors(arrays)


def label_rows(name):
    first, rows = ROWS[name]
    generator = random.Random(name)
    arrays = {"images": ("U8", [rows, 16, 16], bytes(generator.choices(range(256), k=rows * 256))),
              "names": ("I32", [rows], struct.pack(f"<{rows}i", *(k % 2 for k in range(rows)))),
              "ids": ("I64", [rows], struct.pack(f"<{rows}q", *range(first, first + rows)))}
    return safetensors(arrays)


def pair_rows(name):
    first, rows = ROWS[name]
    rows = CURATED_PAIRS if name == "curated" else rows
    generator = random.Random(name)
    lines = ["id\tx\ty"]
    for row in range(rows):
        words = [f"word{generator.randrange(30)}" for _ in range(3)]
        lines.append(f"{first + row}\t{' '.join(words)}\t{' '.join(words).upper()}")
    return ("\n".join(lines) + "\n").encode()


def token_rows(name):
    """Windows of tokens: every one shares its last token with the next."""
    count = ROWS[name][1] * TOKENS + 1
    return struct.pack(f"<{count}H", *random.Random(name).choices(range(12), k=count))


def embeddings(seed, rows=24, width=4):
    generator = random.Random(seed)
    arrays = {}
    for side in "xy":
        values = []
        for _ in range(rows):
            row = [generator.gauss(0, 1) for _ in range(width)]
            length = sum(v * v for v in row) ** 0.5
            values += [v / length for v in row]
        arrays[side] = ("F32", [rows, width], struct.pack(f"<{rows * width}f", *values))
    arrays["scale"] = ("F32", [], struct.pack("<f", 10))
    arrays["bias"] = ("F32", [], struct.pack("<f", -5))
    return safetensors(arrays)


def write_tables(folder):
    for name in ROWS:
        (folder / f"{name}.safetensors").write_bytes(byte_rows(name))
        (folder / f"{name}.tsv").write_bytes(pair_rows(name))
        (folder / f"{name}-labels.safetensors").write_bytes(label_rows(name))
        (folder / f"{name}.bin").write_bytes(token_rows(name))
    (folder / "names.txt").write_text("cat\ndog\n", encoding="utf-8")
    for seed, name in enumerate(("learner", "reference")):
        (folder / f"{name}-embeddings.safetensors").write_bytes(embeddings(seed))
