"""Text files as tables of `jest-train text`.

usage: python3 text_tables.py FOLDER LENGTH NAME=FILE...

Leaves FOLDER/NAME.safetensors of each file: its sequences of LENGTH bytes, one after the other.
"""

import json
import pathlib
import struct
import sys

# [table]
def write_table(path, text, length, first_id):
    """bytes U8 [rows, length] and ids I64 [rows]; what is left of the text is dropped."""
    rows = len(text) // length
    ids = struct.pack(f"<{rows}q", *range(first_id, first_id + rows))
    layout = {"bytes": ("U8", [rows, length], 0, rows * length),
              "ids": ("I64", [rows], rows * length, rows * length + len(ids))}
    header = json.dumps({name: {"dtype": dtype, "shape": shape, "data_offsets": extent}
                         for name, (dtype, shape, *extent) in layout.items()}).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + text[:rows * length] + ids)
    return rows
# [table]

if len(sys.argv) < 4:
    sys.exit(__doc__)
folder, sequence, next_id = pathlib.Path(sys.argv[1]), int(sys.argv[2]), 0
folder.mkdir(parents=True, exist_ok=True)
for name, _, file in (word.partition("=") for word in sys.argv[3:]):
    next_id += write_table(folder / f"{name}.safetensors", pathlib.Path(file).read_bytes(), sequence, next_id)
