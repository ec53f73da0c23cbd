"""Pictures with captions as tables of `jest-train images`. Needs Pillow.

usage: python3 image_tables.py FOLDER SIDE NAME=LIST...

A LIST has a line for every picture: its path, a tab, its caption. Leaves FOLDER/NAME.safetensors of each
list, the pictures in grey and SIDE x SIDE, and FOLDER/names.txt, the captions.
"""

import json
import pathlib
import struct
import sys

from PIL import Image

# [table]
def write_table(path, pairs, names, side, first_id):
    """images U8 [rows, side, side], names I32 [rows] (lines of names.txt by caption), ids I64 [rows]."""
    rows = len(pairs)
    arrays = {"images": ("U8", [rows, side, side], b"".join(
                  Image.open(picture).convert("L").resize((side, side)).tobytes() for picture, _ in pairs)),
              "names": ("I32", [rows], struct.pack(f"<{rows}i", *(names[name] for _, name in pairs))),
              "ids": ("I64", [rows], struct.pack(f"<{rows}q", *range(first_id, first_id + rows)))}
    header, data = {}, b""
    for key, (dtype, shape, content) in arrays.items():
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
# [table]

if len(sys.argv) < 4:
    sys.exit(__doc__)
folder, size, next_id = pathlib.Path(sys.argv[1]), int(sys.argv[2]), 0
folder.mkdir(parents=True, exist_ok=True)
lists = {name: [line.split("\t") for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines()]
         for name, _, file in (word.partition("=") for word in sys.argv[3:])}
captions = sorted({caption for pairs in lists.values() for _, caption in pairs})
(folder / "names.txt").write_text("\n".join(captions) + "\n", encoding="utf-8")
lines = {caption: line for line, caption in enumerate(captions)}
for name, pairs in lists.items():
    write_table(folder / f"{name}.safetensors", pairs, lines, size, next_id)
    next_id += len(pairs)
