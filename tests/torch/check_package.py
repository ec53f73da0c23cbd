#!/usr/bin/env python3
"""Whether a package gives in C++ what its module gives in Python, on pairs of a table, and how fast.

usage: tests/torch/check_package.py MODULE:NAME GUIDE.pt2 TABLE.tsv PACKAGED_RUN [PAIRS]

PACKAGED_RUN is the program tests/programs/packaged_run.cpp of a build, build/release/bin/packaged_run.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import export_guide
import numpy
import torch

DTYPES = {"int64": "I64", "float32": "F32"}


def write_arrays(path, arrays):
    header, data = {}, b""
    for name, array in arrays.items():
        content = array.tobytes()
        header[name] = {"dtype": DTYPES[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def read_floats(path, name):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    entry = json.loads(content[8:8 + size])[name]
    data = content[8 + size:][slice(*entry["data_offsets"])]
    return numpy.frombuffer(data, dtype="<f4").reshape(entry["shape"])


def main(name, package, table, program, most="256"):
    guide = export_guide.load_guide(name)
    pairs = export_guide.read_pairs(pathlib.Path(table))[:int(most)]
    inputs = guide.inputs([x for _, x, _ in pairs], [y for _, _, y in pairs])
    print(f"{len(pairs)} pairs, inputs {[list(i.shape) for i in inputs]}, {torch.get_num_threads()} threads")
    start = time.monotonic()
    with torch.no_grad():
        wanted = guide.module(*inputs)
    print(f"Python: {len(pairs) / (time.monotonic() - start):.1f} rows a second")
    with tempfile.TemporaryDirectory() as folder:
        given, came = (pathlib.Path(folder, name) for name in ("in.safetensors", "out.safetensors"))
        write_arrays(given, {f"in{k}": i.contiguous().numpy() for k, i in enumerate(inputs)})
        done = subprocess.run([program, package, "embed", given, came], stdout=subprocess.PIPE,
                              text=True, check=False)
        print("C++:", done.stdout.strip())
        if done.returncode == 0:
            for side, tensor in zip("xy", wanted):
                for how in ("", "parts_"):
                    difference = numpy.abs(read_floats(came, how + side) - tensor.numpy()).max()
                    print(f"{how}{side} {list(tensor.shape)}: largest difference {difference:.2g}")
    return done.returncode


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
