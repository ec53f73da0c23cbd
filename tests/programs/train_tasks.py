"""Made-up tables for `jest-train text`, `images` and `labels`, and how the tests run these."""

import json
import os
import random
import struct
import subprocess

import train_cases
from train_cases import execute, path, words, write

LENGTH = 24  # bytes of a sequence
SIDE = 16    # of an image
SIZES = {"count": 8, "super-batch": 40, "chunks": 4, "threads": 1, "reference-steps": 3,
         "eval-every": 2, "checkpoint-every": 2, "seeds": 3, "steps": 4}
SMALL = {"text": SIZES | {"width": 4, "hidden": 8, "reference-width": 2, "reference-hidden": 8,
                          "cascade-from": 80, "cascade-to": 16},
         "images": SIZES | {"channels": 4, "hidden": 16, "reference-channels": 2,
                            "reference-hidden": 8, "cascade-from": 80, "cascade-to": 16},
         "labels": SIZES | {"channels": 4, "hidden": 16, "reference-channels": 2,
                            "reference-hidden": 8, "cascade-from": 80, "cascade-to": 16}}
FILES = {"text": ("curated", "pool", "eval-near", "eval-far"),
         "images": ("curated", "pool", "eval-seen", "eval-unseen"),
         "labels": ("curated", "pool", "eval")}


def safetensors(arrays, metadata=None):
    """arrays: name -> (dtype, shape, bytes)."""
    header, offset = {}, 0
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, data) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data for *_, data in arrays.values())


def labels(first_id, rows):
    """Ids, and tags that alternate between target and other."""
    return {"ids": ("I64", [rows], struct.pack(f"<{rows}q", *range(first_id, first_id + rows))),
            "tags": ("I32", [rows], struct.pack(f"<{rows}i", *(row % 2 for row in range(rows))))}


def write_labelled(name, arrays, first_id, rows):
    write(safetensors(arrays | labels(first_id, rows), {"tag_names": '["target", "other"]'}),
          path(name))


def write_text(name, first_id, rows):
    """Target rows repeat a short alphabet, the others are noise."""
    generator = random.Random(name)
    data = bytearray()
    for row in range(rows):
        choices = b"abcd " if row % 2 == 0 else bytes(range(256))
        data += bytes(generator.choices(choices, k=LENGTH))
    write_labelled(name, {"bytes": ("U8", [rows, LENGTH], bytes(data))}, first_id, rows)


def write_images(name, first_id, rows, of_their_own=False):
    """A bright block whose place is its name; or the row is the name, `of_their_own`."""
    generator = random.Random(name)
    pixels, names = bytearray(), []
    for row in range(rows):
        place = generator.randrange(16)
        names.append(row if of_their_own else place)
        image = bytearray(generator.randrange(40) for _ in range(SIDE * SIDE))
        for k in range(16):
            image[(place // 4 * 4 + k // 4) * SIDE + place % 4 * 4 + k % 4] = 255
        pixels += image
    write_labelled(name, {"images": ("U8", [rows, SIDE, SIDE], bytes(pixels)),
                          "names": ("I32", [rows], struct.pack(f"<{rows}i", *names))},
                   first_id, rows)


def write_tables():
    for task, make in (("text", write_text), ("images", write_images), ("labels", write_images)):
        os.makedirs(path(task))
        for first_id, (name, rows) in enumerate(zip(FILES[task], (60, 200, 40, 40))):
            make(f"{task}/{name}.safetensors", 1000 * first_id, rows)
    names = [f"BLOCK ROW {k // 4} COLUMN {k % 4}" for k in range(16)]
    for task in ("images", "labels"):
        write("\n".join(names).encode() + b"\n", path(task, "names.txt"))


def file_of(task, name):
    return path(task, name + ".safetensors")


def arguments(task, out, given):
    curated, pool, *held_out = (file_of(task, name) for name in FILES[task])
    return [task] + words({"curated": curated, "pool": pool, "eval": held_out,
                           "out": out} | SMALL[task] | given)


def train(task, out, given, **more):
    return execute(*arguments(task, out, given), **more)


def start(task, out, given):
    return subprocess.Popen([train_cases.PROGRAM, *arguments(task, out, given)],
                            stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
