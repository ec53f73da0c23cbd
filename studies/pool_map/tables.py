"""Tables of pairs on disk, read and written: TSV of texts, safetensors of named images."""

import array
import json
import mmap
import struct
import sys


def read_tsv(path):
    """(x, y, tag) of every row."""
    with open(path, encoding="utf-8", newline="\n") as file:
        if next(file) != "id\tx\ty\ttag\n":
            sys.exit(f"read {path}: expected the header id x y tag, got another")
        return [tuple(line.rstrip("\n").split("\t")[1:]) for line in file]


def write_tsv(path, rows):
    lines = ("\t".join((str(k), *row)) + "\n" for k, row in enumerate(rows))
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write("id\tx\ty\ttag\n")
        file.writelines(lines)


class Images:
    """A safetensors table of named images, mapped: (image, name, tag) of every row.

    An image is bytes, a name a line of names.txt as a number.
    """

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        length, = struct.unpack("<Q", self.bytes[:8])
        self.start = 8 + length
        self.header = json.loads(self.bytes[8:self.start])
        self.tag_names = json.loads(self.header["__metadata__"]["tag_names"])
        self.side = self.header["images"]["shape"][1]
        self.first = self.start + self.header["images"]["data_offsets"][0]
        self.names, self.tags = self.numbers("names"), self.numbers("tags")

    def numbers(self, name):
        begin, end = self.header[name]["data_offsets"]
        values = array.array("i", bytes(self.bytes[self.start + begin:self.start + end]))
        if sys.byteorder == "big":
            values.byteswap()
        return values

    def image(self, row):
        size = self.side * self.side
        return self.bytes[self.first + row * size:self.first + (row + 1) * size]

    def __len__(self):
        return len(self.names)

    def row(self, row):
        return self.image(row), self.names[row], self.tag_names[self.tags[row]]


def write_images(path, rows, side):
    """rows: (image, name, tag)."""
    rows = list(rows)
    tag_names = sorted({tag for *_, tag in rows})
    count, size = len(rows), side * side
    arrays = {"images": ("U8", [count, side, side], count * size), "names": ("I32", [count], 4 * count),
              "ids": ("I64", [count], 8 * count), "tags": ("I32", [count], 4 * count)}
    header, offset = {"__metadata__": {"tag_names": json.dumps(tag_names)}}, 0
    for name, (dtype, shape, length) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + length]}
        offset += length
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    place = {tag: k for k, tag in enumerate(tag_names)}
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(image for image, *_ in rows)
        file.write(struct.pack(f"<{count}i", *(name for _, name, _ in rows)))
        file.write(struct.pack(f"<{count}q", *range(count)))
        file.write(struct.pack(f"<{count}i", *(place[tag] for *_, tag in rows)))
