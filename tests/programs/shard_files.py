"""Made-up WebDataset shards, by Python's standard library alone: pictures are PNG."""

import io
import json
import random
import struct
import tarfile
import zlib

SIDE = 32
COLOURS = {"red": (220, 30, 30), "green": (30, 180, 40), "blue": (40, 60, 220), "white": (250, 250, 250)}
PLACES = [f"{row} {column}" for row in ("top", "middle", "bottom")
          for column in ("left", "centre", "right")]


def png(width, height, pixel):
    """pixel: (x, y) -> (red, green, blue)."""
    rows = b"".join(b"\0" + bytes(value for x in range(width) for value in pixel(x, y))
                    for y in range(height))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def block(colour, place, generator, width=SIDE + 8, height=SIDE):
    """A block of a colour at a place, on dark noise; wider than high, so that it has to be cut."""
    row, column = divmod(PLACES.index(place), 3)
    left, top = 4 + column * SIDE // 3, row * SIDE // 3
    noise = [generator.randrange(60) for _ in range(width * height)]
    return png(width, height, lambda x, y: COLOURS[colour]
               if left <= x < left + SIDE // 3 and top <= y < top + SIDE // 3
               else (noise[y * width + x],) * 3)


def samples(name, count, wrong=0.0):
    """[(key, {ending: bytes})]; a share of the captions is another picture's, and tagged so."""
    generator = random.Random(name)
    made = []
    for k in range(count):
        colour, place = generator.choice(list(COLOURS)), generator.choice(PLACES)
        picture = block(colour, place, generator)
        is_wrong = generator.random() < wrong
        if is_wrong:
            colour, place = generator.choice(list(COLOURS)), generator.choice(PLACES)
        caption = f"a {colour} block, {place}"
        about = {"caption": caption, "kind": "noise" if is_wrong else "true"}
        made.append((f"{k:05}", {"png": picture, "txt": caption.encode(),
                                 "json": json.dumps(about).encode()}))
    return made


def write_shard(path, made):
    # Times that are no whole numbers make pax headers, as webdataset's own writer does.
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as shard:
        for key, parts in made:
            for ending, content in parts.items():
                member = tarfile.TarInfo(f"{key}.{ending}")
                member.size, member.mtime = len(content), 1.5
                shard.addfile(member, io.BytesIO(content))
