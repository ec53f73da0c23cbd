#!/usr/bin/env python3
"""Makes a model of PyTorch a guide of jest.

  export_guide.py package MODULE:NAME GUIDE.pt2             its code, for C++ (jest::PackagedModel)
  export_guide.py embed MODULE:NAME STORE.safetensors TABLE.tsv...
                                                            its embeddings of pairs, for programs

MODULE:NAME is something to call without arguments, a function or a class, found as Python finds
modules, or in a file PATH.py:NAME. What it returns has

  module   a torch.nn.Module in evaluation mode. Kind embed: forward(inputs of x, inputs of y) returns
           x, y [n, d], of length 1. Kind losses: forward(inputs) returns losses [n].
  example  (package) the inputs of some call: a tuple of tensors with 2 or more rows
  inputs   (embed) inputs(list of x, list of y): the inputs of texts
  kind     "embed" (if it has none) or "losses"
  dynamic  dimensions of inputs that may vary beside the first, for instance (1,) for texts of any
           length; what forward() takes as one size alone is that size
  scale, bias   of its logits scale * x.y + bias, if it knows them; --scale and --bias come first. embed
           goes without: jest-train fits them to the curated pairs among the tables

A package fits the version of LibTorch, the kind of device and the kind of processor it was made with.
"""

import argparse
import importlib
import importlib.util
import json
import math
import os
import pathlib
import re
import struct
import sys
import tempfile
import time
import zlib

LENGTH_TOLERANCE = 1e-3


class Refused(Exception):
    """One line: the operation, what was expected, what came."""


def refuse(operation, expected, came):
    raise Refused(f"{operation}: expected {expected}, got {came}")


def load_guide(name):
    place, colon, attribute = name.rpartition(":")
    if not colon or not attribute:
        refuse("guide", "MODULE:NAME or PATH.py:NAME", repr(name))
    try:
        if place.endswith(".py"):
            spec = importlib.util.spec_from_file_location(pathlib.Path(place).stem, place)
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
        else:
            sys.path.insert(0, os.getcwd())
            module = importlib.import_module(place)
        guide = getattr(module, attribute)()
    except (ImportError, OSError, AttributeError) as error:
        refuse(f"guide {name}", "something to import and call", str(error).split("\n", maxsplit=1)[0])
    if not hasattr(guide, "module"):
        refuse(f"guide {name}", "an object with .module", type(guide).__name__)
    guide.module.eval()
    return guide


def logit_number(guide, given, name):
    """--scale or --bias, or the guide's own; None where nobody knows."""
    value = given if given is not None else getattr(guide, name, None)
    if value is None:
        return None
    if not math.isfinite(value) or (name == "scale" and value <= 0):
        refuse(name, "a finite number" + ", above 0" * (name == "scale"), value)
    return float(value)


def check_embeddings(operation, results):
    import torch

    sides = results if isinstance(results, (tuple, list)) else ()
    if len(sides) != 2 or sides[0].dim() != 2 or sides[0].shape != sides[1].shape:
        refuse(operation, "x, y [n, d] of forward()", describe(results))
    for name, side in zip("xy", sides):
        lengths = torch.linalg.vector_norm(side.float(), dim=1)
        worst = (lengths - 1).abs().max().item()
        if not worst <= LENGTH_TOLERANCE:
            refuse(operation, "rows of length 1 (torch.nn.functional.normalize)",
                   f"rows of {name} of length {lengths.min().item():.4g} to {lengths.max().item():.4g}")


def describe(results):
    results = results if isinstance(results, (tuple, list)) else (results,)
    return ", ".join(str(list(r.shape)) if hasattr(r, "shape") else type(r).__name__ for r in results)


def check_losses(operation, results, rows):
    if not hasattr(results, "shape") or tuple(results.shape) != (rows,):
        refuse(operation, f"losses [{rows}] of forward()", describe(results))


def dynamic_shapes(example, dynamic):
    from torch.export import Dim

    return tuple({0: Dim.DYNAMIC} | {k: Dim.AUTO for k in dynamic if 0 < k < tensor.dim()}
                 for tensor in example)


def signature(exported, example, operation):
    """What a call may give: dtypes, and sizes as numbers or names. One name is one size; the least and
    the greatest that the compiled code takes stand beside it. The batch is n in every input."""
    names = exported.graph_signature.user_inputs
    nodes = {node.name: node for node in exported.graph.nodes if node.op == "placeholder"}
    inputs, ranges = [], {}
    for name, tensor in zip(names, example):
        shape = []
        for dimension, size in enumerate(nodes[name].meta["val"].shape):
            expression = size if isinstance(size, int) else size.node.expr
            shape.append(int(expression) if str(expression).isdecimal() else
                         str(expression) if dimension else "n")
            if isinstance(shape[-1], str):
                ranges[shape[-1]] = bounds(exported.range_constraints.get(expression), operation)
        inputs.append({"dtype": str(tensor.dtype).removeprefix("torch."), "shape": shape})
    if any(each["shape"][0] != "n" for each in inputs) or ranges["n"][1] is not None:
        refuse(operation, "a batch of any size in the first dimension of every input", inputs)
    return {"inputs": inputs, "ranges": ranges}


def bounds(found, operation):
    """[least, greatest or None for any]"""
    if found is None:
        refuse(operation, "sizes that vary by themselves", "one that is computed from another")
    greatest = str(found.upper)
    return [int(found.lower), int(greatest) if greatest.isdecimal() else None]


def package(arguments):
    import torch

    guide = load_guide(arguments.guide)
    operation = f"package {arguments.guide}"
    kind = getattr(guide, "kind", "embed")
    if kind not in ("embed", "losses"):
        refuse(operation, "a kind of embed or losses", repr(kind))
    example = tuple(getattr(guide, "example", ()))
    if not example or any(not torch.is_tensor(t) or t.dim() < 1 or t.shape[0] < 2 for t in example):
        refuse(operation, "an .example: a tuple of tensors with 2 or more rows", describe(example))
    module = guide.module.to(arguments.device)
    example = tuple(tensor.to(arguments.device).contiguous() for tensor in example)
    with torch.no_grad():
        results = module(*example)
        if kind == "embed":
            check_embeddings(operation, results)
        else:
            check_losses(operation, results, example[0].shape[0])
        exported = torch.export.export(
            module, example, dynamic_shapes=dynamic_shapes(example, getattr(guide, "dynamic", ())))
        metadata = {"jest_kind": kind, "jest_torch": torch.__version__,
                    "jest_signature": json.dumps(signature(exported, example, operation))}
        for name in ("scale", "bias"):
            number = logit_number(guide, getattr(arguments, name), name)
            if number is not None and kind == "embed":
                metadata[f"jest_{name}"] = repr(number)
        with tempfile.TemporaryDirectory(dir=arguments.out.absolute().parent) as folder:
            made = f"{folder}/model.pt2"
            torch._inductor.aoti_compile_and_package(
                exported, package_path=made, inductor_configs={
                    "aot_inductor.metadata": metadata,
                    "aot_inductor.precompile_headers": False,  # worth it from the second model on
                    "cpp.dynamic_threads": True})  # as many as the program that runs it wants
            os.replace(made, arguments.out)
    print(f"{arguments.out}: kind {kind}, PyTorch {torch.__version__}, "
          f"signature {metadata['jest_signature']}")


def is_id(word):
    return re.fullmatch(r"-?[0-9]{1,19}", word) is not None and -2**63 <= int(word) < 2**63


def read_pairs(path):
    """[(id, x, y)] of a table as `jest-train pairs` reads it: header id x y [tag], no quoting."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"read {path}", "a table in UTF-8", error)
    lines = [line.removesuffix("\r") for line in content.split("\n")]
    if lines and not lines[-1]:
        lines.pop()
    if not lines or lines[0].split("\t")[:3] != ["id", "x", "y"]:
        refuse(f"read {path}", "the header id, x, y and maybe tag", repr(lines[0]) if lines else "nothing")
    columns = len(lines[0].split("\t"))
    pairs = []
    for number, line in enumerate(lines[1:], start=2):
        fields = line.split("\t")
        if len(fields) != columns or not is_id(fields[0]):
            refuse(f"read {path}, line {number}", f"{columns} fields, the first an integer", repr(line[:60]))
        pairs.append((int(fields[0]), fields[1], fields[2]))
    return pairs


def distinct_pairs(paths):
    """The pairs of all tables. A pair that is in two tables counts once."""
    texts = {}
    for path in paths:
        for number, x, y in read_pairs(path):
            if texts.setdefault(number, (x, y)) != (x, y):
                refuse(f"read {path}", "one pair of texts for an id in all tables", f"two for {number}")
    return texts


def forward_of(guide, compiled):
    """What embeds inputs: the guide's module, or its code in a package, which takes two rows or more."""
    import torch

    if compiled is None:
        return guide.module
    code = torch._inductor.aoti_load_package(str(compiled))

    def forward(*inputs):
        alone = inputs[0].shape[0] == 1
        results = code(*(torch.cat([t, t]) if alone else t.contiguous() for t in inputs))
        return tuple(result[:1] if alone else result for result in results)

    return forward


def embed_pairs(guide, forward, texts, batch, operation):
    """float32 arrays x, y [rows, d]. Pairs of like length share a batch, as padding costs time."""
    import numpy
    import torch

    pairs = list(texts.values())
    order = sorted(range(len(pairs)), key=lambda k: len(pairs[k][0]) + len(pairs[k][1]))
    sides = None
    for first in range(0, len(order), batch):
        rows = order[first:first + batch]
        with torch.no_grad():
            results = forward(*guide.inputs([pairs[k][0] for k in rows], [pairs[k][1] for k in rows]))
        check_embeddings(operation, results)
        if len(results[0]) != len(rows):
            refuse(operation, f"an embedding for each of {len(rows)} pairs", len(results[0]))
        if sides is None:
            width = results[0].shape[1]
            sides = [numpy.empty((len(pairs), width), dtype="<f4") for _ in range(2)]
        for side, result in zip(sides, results):
            side[rows] = result.float().cpu().numpy()
    return sides


def write_store(path, x, y, ids, logits, metadata):
    """An embedding store (docs/formats.md), whole or not at all; logits: scale and bias, or neither."""
    arrays = {"x": ("F32", x.shape, x.tobytes()), "y": ("F32", y.shape, y.tobytes()),
              "ids": ("I64", ids.shape, ids.tobytes())}
    arrays |= {name: ("F64", (), struct.pack("<d", value)) for name, value in logits.items()}
    checksum = zlib.crc32(b"".join(arrays[name][2] for name in ("x", "y", "ids")))
    header = {"__metadata__": {"rows": str(len(ids)), "dtype": "F32",
                               "checksum": f"{checksum:08x}"} | metadata}
    end = 0
    for name, (dtype, shape, content) in arrays.items():
        header[name] = {"dtype": dtype, "shape": list(shape),
                        "data_offsets": [end, end + len(content)]}
        end += len(content)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with tempfile.TemporaryDirectory(dir=path.absolute().parent) as folder:
        made = pathlib.Path(folder, "store")
        made.write_bytes(b"".join([struct.pack("<Q", len(text)), text,
                                   *(content for _, _, content in arrays.values())]))
        os.replace(made, path)


def embed(arguments):
    import numpy

    guide = load_guide(arguments.guide)
    operation = f"embed {arguments.guide}"
    if getattr(guide, "kind", "embed") != "embed" or not hasattr(guide, "inputs"):
        refuse(operation, "a guide of kind embed with inputs(list of x, list of y)", "another")
    logits = {name: logit_number(guide, getattr(arguments, name), name) for name in ("scale", "bias")}
    logits = {name: value for name, value in logits.items() if value is not None}
    if len(logits) == 1:
        refuse(operation, "both scale and bias of its logits, or neither", next(iter(logits)) + " alone")
    if arguments.batch < 1:
        refuse(operation, "--batch of at least 1", arguments.batch)
    if not arguments.out.absolute().parent.is_dir():
        refuse(operation, "a folder for the store", arguments.out.absolute().parent)
    texts = distinct_pairs(arguments.tables)
    if not texts:
        refuse(operation, "tables with pairs", "none")
    if arguments.package and not arguments.package.is_file():
        refuse(operation, "a package that `export_guide.py package` made", arguments.package)
    start = time.process_time()
    x, y = embed_pairs(guide, forward_of(guide, arguments.package), texts, arguments.batch, operation)
    ids = numpy.array(list(texts), dtype="<i8")
    write_store(arguments.out, x, y, ids, logits,
                {"fingerprint": arguments.fingerprint or arguments.guide,
                 "cpu_seconds": repr(time.process_time() - start)})
    print(f"{arguments.out}: {len(ids)} pairs, width {x.shape[1]}")


def parsed(words):
    parser = argparse.ArgumentParser(usage=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, work, out in (("package", package, "GUIDE.pt2"), ("embed", embed, "STORE.safetensors")):
        command = commands.add_parser(name)
        command.set_defaults(work=work)
        command.add_argument("guide", metavar="MODULE:NAME")
        command.add_argument("out", metavar=out, type=pathlib.Path)
        command.add_argument("--scale", type=float, help="of the logits")
        command.add_argument("--bias", type=float, help="of the logits")
        if name == "package":
            command.add_argument("--device", default="cpu", help="where it will run: cpu or cuda")
        else:
            command.add_argument("tables", metavar="TABLE.tsv", type=pathlib.Path, nargs="+")
            command.add_argument("--package", metavar="GUIDE.pt2", type=pathlib.Path,
                                 help="embed by the guide's code in there")
            command.add_argument("--batch", type=int, default=64, help="pairs at a time")
            command.add_argument("--fingerprint", default="", help="of the model; its name by default")
    return parser.parse_args(words)


def main(words):
    arguments = parsed(words)
    try:
        arguments.work(arguments)
    except Refused as refused:
        sys.exit(f"export_guide.py: {refused}")


if __name__ == "__main__":
    main(sys.argv[1:])
