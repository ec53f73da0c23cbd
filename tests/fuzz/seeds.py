#!/usr/bin/env python3
"""Well-formed inputs for every fuzz target, one folder a target. Usage: seeds.py FOLDER"""

import base64
import io
import json
import pathlib
import struct
import sys
import tarfile
import zipfile
import zlib

sys.dont_write_bytecode = True  # a script leaves nothing in the source tree
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "programs"))
from safetensors_cases import READ, REFUSED, file_of
from shard_files import png

FLOATS = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
IDS = struct.pack("<3q", 7, 8, 9)
# 8 x 8 grey of libjpeg-turbo, 4 x 4 RGBA and 8 x 8 RGB of libwebp.
JPEG, WEBP, LOSSY_WEBP = map(base64.b64decode, (
    (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////"
    "////////////////////////wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgED"
    "AwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RF"
    "RkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJ"
    "ytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AGwJX//Z"),
    (
    "UklGRjgAAABXRUJQVlA4TCsAAAAvA8AAEE8gFkz+QeQvmsMoXIHnClqZ5SAIgFixYMGCBQsWLFiP6H8grOYDAA=="),
    (
    "UklGRjIAAABXRUJQVlA4ICYAAADQAQCdASoIAAgACQCsJbACdAD0uXGEgAD+g0iIpMVWIf+9pjmAAA==")))


def safetensors(arrays, metadata=None, blanks=0):
    """arrays: name -> (dtype, shape, bytes)."""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, (dtype, shape, content) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return file_of(json.dumps(header, separators=(",", ":")) + " " * blanks, data)


def crc(*parts):
    return f"{zlib.crc32(b''.join(parts)):08x}"


def embedding_stores():
    for kind, width in (("f", "F32"), ("d", "F64")):
        arrays = {"x": ("F32", [3, 2], FLOATS), "y": ("F32", [3, 2], FLOATS[::-1]),
                  "ids": ("I64", [3], IDS), "scale": (width, [], struct.pack("<" + kind, 10)),
                  "bias": (width, [], struct.pack("<" + kind, -1))}
        yield safetensors(arrays, {"fingerprint": "f", "rows": "3", "dtype": "F32",
                                   "checksum": crc(FLOATS, FLOATS[::-1], IDS)})


def loss_stores():
    for rows in (0, 3):
        losses, ids = FLOATS[:4 * rows], IDS[:8 * rows]
        yield safetensors({"losses": ("F32", [rows], losses), "ids": ("I64", [rows], ids)},
                          {"fingerprint": "f", "rows": str(rows), "checksum": crc(losses, ids)})


def labelled(arrays):
    """As they are, and with tags."""
    arrays = arrays | {"ids": ("I64", [3], IDS)}
    yield safetensors(arrays)
    yield safetensors(arrays, blanks=3)
    yield safetensors(arrays | {"tags": ("I32", [3], struct.pack("<3i", 0, 1, 0))},
                      {"tag_names": '["a", "b"]'})


def checkpoints():
    state = {"step": 1, "trained": 8, "scored": 40, "reference_scored": 40, "seconds": [0.5] * 7,
             "cpu_seconds": 1.5, "joules": 2.5, "meter": "packages", "learnability_mean": 0.25, "learnability_seen": 3,
             "selection_stopped": False, "tag_counts": {"even": 4}, "noted": ["a remark"]}
    tensors = safetensors({"model.a": ("F32", [2, 3], FLOATS), "scorer.n": ("I64", [3], IDS)})
    text = json.dumps(state).encode()
    yield struct.pack("<H", len(text)) + text + tensors


def summaries():
    flops = {"learner_training": 3e9, "reference_training": 3e10, "pool_embedding": None}
    seconds = {"load": 0, "selection": 0.5, "train": 2.5, "evaluate": 1}
    evaluation = {"step": 100, "r_at_1": 0.5, "flops": 3e9}
    run = {"arm": "uniform", "kind": "uniform", "role": "baseline", "score": "none", "seed": 0,
           "steps": 100, "evaluations": [evaluation], "steps_to": {"0.5": 100, "0.9": None},
           "to_uniform": {"steps": 100, "flops": 3e9, "all_in": None, "ended": True},
           "examples_scored": 0, "examples_trained": 800, "flops": flops, "seconds": seconds,
           "joules": {"run": 2.5, "reference_training": 0, "pool_embedding": None},
           "picked_tags": [{"step": 100, "a": 0.25, "b": 0.75}]}
    summary = {"command": "jest-train pairs --out 'a b'", "version": "0.1", "task": "pairs",
               "examples": "pairs", "device": "cpu", "precision": "float32",
               "measures": [{"name": "r_at_1", "label": "R@1", "higher_is_better": True,
                             "meaning": "m"}],
               "data": {"curated": {"path": "c", "rows": 9, "checksum": "0", "tags": {"a": 1}},
                        "pool": {"path": "p", "rows": 9, "tags": {"a": 0.5, "b": 0.5}},
                        "eval": [{"name": "", "path": "e", "rows": 9, "evaluated": 9}],
                        "super_batch": 40, "count": 8, "chunks": 4, "gain": 100, "interaction": 1,
                        "interaction_start": 0, "target_tag": "a"},
               "energy": {"meter": "packages", "not_counted": ["GPU: none"]},
               "reference": {"r_at_1": 0.5, "flops": 1, "seconds": 2, "joules": 3}, "runs": [run]}
    events = [{"event": "step", "step": 1, "loss": 1.5, "learnability_picks": 0.5},
              {"event": "samples", "step": 1, "picked": [
                  {"id": 7, "tag": "a", "x": "one", "y": "two", "score": 0.5},
                  {"id": 8, "text": "abc"}, {"id": 9, "image": "data:image/bmp;base64,Qk0=", "y": "n"}],
               "passed_over": [{"id": 1, "x": "<b>", "y": "&", "score": None}]},
              evaluation | {"event": "evaluation", "flops": flops, "seconds": seconds}]
    lines = "\n".join(json.dumps(event) for event in events)
    yield (json.dumps(summary) + "\n" + lines + "\n").encode()
    other = dict(run, arm="joint", kind="joint", role="contender", score="learnability")
    yield (json.dumps(summary | {"runs": [run, other]}) + "\n" + lines).encode()


def checked(event):
    start = json.dumps(event)[:-1] + ","
    return f'{start}"crc32":"{zlib.crc32(start.encode()):08x}"}}\n'


def metrics():
    lines = [checked({"event": "step", "step": step, "loss": 0.5}) for step in (1, 2, 3)]
    yield "".join(lines).encode()
    yield ("".join(lines) + '{"event":"st').encode()


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff)


def event_files():
    """As jest::TensorBoardSink writes them: the version, and steps 1 to 3."""
    time = b"\x09" + struct.pack("<d", 1e9)
    value = b"\x0a\x04loss\x15" + struct.pack("<f", 0.5)
    events = [time + b"\x1a\x0dbrain.Event:2"]
    events += [time + b"\x10" + bytes([step, 0x2a, len(value) + 2, 0x0a, len(value)]) + value
               for step in (1, 2, 3)]
    lengths = [struct.pack("<Q", len(event)) for event in events]
    records = [length + masked(length) + event + masked(event) for length, event in zip(lengths, events)]
    yield b"".join(records)
    yield b"".join(records[:3]) + records[3][:20]
    yield b"".join(records[:2])[:-1]


def run_metrics():
    for summary in summaries():
        lines = summary.split(b"\n", 1)[1].decode().splitlines()
        events = [json.loads(line) for line in lines]
        events[-1] |= {"examples": {"trained": 8, "scored": 40}, "picked_tags": {"a": 0.5}}
        events += [{"event": "gradients", "step": 1, "norm": 2}, {"event": "batch", "repeated": 0.5}]
        yield "".join(checked(event) for event in events).encode()


def arrays_of_numpy():
    for descr, shape, content in (("'<f4'", "(2, 3)", FLOATS), ("'<i8'", "(3,)", IDS),
                                  ("[('f0', '<u8'), ('f1', '<u8')]", "(1,)", IDS[:16])):
        header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        yield b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + content
        yield b"\x93NUMPY\2\0" + struct.pack("<I", len(header)) + header + content


def zip_archives():
    for packed, force_zip64 in ((zipfile.ZIP_STORED, False), (zipfile.ZIP_STORED, True),
                                (zipfile.ZIP_DEFLATED, False)):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", packed) as archive:
            for name in ("a/data/aotinductor/model/b.so", "a/data/aotinductor/model/b_metadata.json"):
                with archive.open(name, "w", force_zip64=force_zip64) as entry:
                    entry.write(b'{"jest_kind": "embed"}')
        yield made.getvalue()


def token_files():
    tokens = struct.pack("<8H", 5, 6, 0, 7, 8, 9, 0, 4)
    yield tokens
    yield struct.pack("<256i", 20240520, 1, 8, *[0] * 253) + tokens
    yield struct.pack("<256i", 20240801, 7, 4, *[0] * 253) + tokens


def decoder_configs():
    yield json.dumps({"model_type": "llama", "vocab_size": 50, "hidden_size": 24,
                      "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                      "intermediate_size": 64, "rms_norm_eps": 1e-6, "rope_scaling": None,
                      "rope_parameters": {"rope_type": "default", "rope_theta": 1e5}}).encode()
    yield json.dumps({"model_type": "gpt2", "vocab_size": 50, "n_embd": 24, "n_layer": 2,
                      "n_head": 4, "activation_function": "gelu_new"}).encode()


def tokenizers():
    yield json.dumps({"model": {"type": "BPE", "vocab": {"a": 0, "\u0120b": 1}},
                      "decoder": {"type": "ByteLevel"},
                      "added_tokens": [{"id": 2, "content": "<end>", "special": True}]}).encode()
    yield json.dumps({"model": {"type": "Unigram", "vocab": [["\u2581a", -1], ["<0x0A>", -2]]}}).encode()


def pictures():
    small = png(6, 5, lambda x, y: (40 * x, 50 * y, 7))
    return [JPEG, WEBP, LOSSY_WEBP, small, small.replace(b"IEND", b"IDAT")]


def shards():
    for kind in (tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=kind) as archive:
            parts = {"a/0.jpg": JPEG, "a/0.txt": b" a caption\n", "1.webp": WEBP,
                     "1.json": b'{"c": {"de": "eins", "en": "one"}, "t": "tag"}',
                     "k" * 120 + ".png": pictures()[3]}
            for name, content in parts.items():
                if kind == tarfile.USTAR_FORMAT and len(name) > 99:
                    continue
                member = tarfile.TarInfo(name)
                member.size, member.mtime = len(content), 1.5
                archive.addfile(member, io.BytesIO(content))
        yield made.getvalue()[:12288]


def shard_indexes():
    parts = struct.pack("<12q", 512, 90, 1024, 5, 0, -1, 2048, 40, 0, -1, 4096, 30)
    names = b"a/0\0\0" + b"1\0decode a picture: expected a whole PNG\0"
    yield safetensors({"parts": ("I64", [2, 3, 2], parts), "names": ("U8", [len(names)], names)},
                      {"format": "jest shard index 1", "shard_bytes": "10240", "shard_seconds": "1",
                       "shard_nanoseconds": "2", "shard_crc32": "01234567"})


def text_rows():
    yield b"tone two\nthree\r\n\nfour"
    yield b'j{"text": "one", "more": [1]}\n\n{"text": "\\u00e4\\n"}\n'
    table = {"bytes": ("U8", [3, 4], b"one two 3456")}
    for arrays in (table, table | {"ids": ("I64", [3], IDS)}):
        yield b"s" + safetensors(arrays)
    for tokens in token_files():
        yield b"\3" + tokens


SEEDS = {
    "text_rows": text_rows,
    "token_table": token_files,
    "decoder_config": decoder_configs,
    "tokenizer": tokenizers,
    "picture": pictures,
    "shard": shards,
    "shard_index": shard_indexes,
    "npy": arrays_of_numpy,
    "safetensors": lambda: [*READ.values(), *(content for content, _ in REFUSED.values())],
    "pair_table": lambda: [b"id\tx\ty\n1\ta\tb\n2\tc d\te\n",
                           "\ufeffid\tx\ty\ttag\n1\tü\tb\tt\r\n2\tc\t語\tu\n".encode()],
    "report": summaries,
    "run_folder": lambda: [json.dumps({"steps": 10, "arms": ["uniform"], "rate": 0.25}).encode()],
    "map": lambda: [json.dumps({"points": [
        {"set": "s", "useless": "other", "share": share, "arm": "cascade", "filter": 0.8,
         "updates": 2, "run_flops": 1.5, "all_in_flops": 1.2, "bound": ""}
        for share in (0.25, 1)]}).encode()],
    "toml": lambda: [b"gain = 5.0\narms = [\n  'a', \"b\",\n]\n[pairs]\nout = \"runs#1\"\n"],
    "metrics": metrics,
    "event_file": event_files,
    "zip_archive": zip_archives,
    "run_summary": run_metrics,
    "embedding_store": embedding_stores,
    "loss_store": loss_stores,
    "checkpoint": checkpoints,
    "byte_table": lambda: labelled({"bytes": ("U8", [3, 4], bytes(range(12)))}),
    "named_images": lambda: labelled({"images": ("U8", [3, 2, 2], bytes(range(12))),
                                      "names": ("I32", [3], struct.pack("<3i", 0, 1, 3))}),
}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for target, seeds in SEEDS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(seeds()):
            (folder / f"seed-{number}").write_bytes(content)


if __name__ == "__main__":
    main()
