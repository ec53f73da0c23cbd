#!/usr/bin/env python3
"""jest-train tokens: data of every form, models from and to folders, costs, resuming, refusals.
Usage: train_tokens_test.py JEST_TRAIN JEST_TOKENS"""

import json
import math
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
from train_cases import FolderCase, execute, finished, main, path, read, summary_of, tensors, words

VOCABULARY, END = 40, 0
SMALL = {"length": 10, "count": 8, "super-batch": 40, "chunks": 4, "threads": 1, "seeds": 3,
         "steps": 4, "reference-steps": 3, "eval-every": 2, "checkpoint-every": 2, "hidden": 16,
         "heads": 2, "layers": 1, "arms": "uniform,independent"}


def write_tokens(name, count, token=">H"):
    """Words of four tokens each, most of them of one family, an end behind every five or so."""
    generator = random.Random(name)
    stream = []
    while len(stream) < count:
        first = generator.randrange(1, VOCABULARY - 4)
        stream += range(first, first + 4)
        if generator.random() < 0.2:
            stream.append(END)
    train_cases.write(struct.pack(f"<{count}{token[-1]}", *stream[:count]), path(name))
    return stream[:count]


def write_texts(name, rows):
    generator = random.Random(name)
    lines = ["".join(generator.choices("abcde ", k=generator.randrange(4, 30))).strip() or "a"
             for _ in range(rows)]
    content = "".join(json.dumps({"text": line}) + "\n" for line in lines)
    train_cases.write(content.encode(), path(name))
    return lines


def field(number, value):
    """Of a protocol buffer: bytes, a float or a number."""
    if isinstance(value, bytes):
        return bytes([number << 3 | 2, len(value)]) + value
    if isinstance(value, float):
        return bytes([number << 3 | 5]) + struct.pack("<f", value)
    return bytes([number << 3, value])


def sentencepiece_model():
    """Letters and the mark of a space; no byte falls back. NORMAL 1, UNKNOWN 2, CONTROL 3."""
    pieces = [("<unk>", 2), ("<s>", 3), ("</s>", 3)] + [(letter, 1) for letter in "▁abcde"]
    return b"".join(field(1, field(1, piece.encode()) + field(2, -1.0) + field(3, kind))
                    for piece, kind in pieces)


def varint(value):
    low = bytes([value & 0x7F | (value > 0x7F) << 7])
    return low + varint(value >> 7) if value > 0x7F else low


def model_of_bytes():
    """Letters, runs of spaces and the newline; any other byte falls back. USER_DEFINED 4, BYTE 6."""
    pieces = [("<unk>", 2), ("</s>", 3), ("\n", 4), *((letter, 1) for letter in "abcde▁"), ("▁▁▁▁", 1)]
    pieces += [(f"<0x{byte:02X}>", 6) for byte in range(256)]
    kinds = [("bos_id", 41, -1), ("eos_id", 42, 1), ("byte_fallback", 35, 1)]
    trainer = b"".join(varint(number << 3) + varint(value % 2 ** 64) for _, number, value in kinds)
    return (b"".join(field(1, field(1, piece.encode()) + field(2, -float(len(piece) > 4)) + field(3, kind))
                     for piece, kind in pieces)
            + field(2, trainer) + field(3, field(3, 0) + field(4, 0)))


def prepare_tokens():
    for name, count in (("curated", 700), ("pool", 2200), ("eval", 300)):
        write_tokens(name + ".bin", count)
    train_cases.write(sentencepiece_model(), path("letters.model"))
    for name, rows in (("curated", 60), ("pool", 200), ("eval", 40)):
        write_texts(name + ".jsonl", rows)


def tokenise(**given):
    return subprocess.run([TOKENS, *words({"model": path("letters.model")} | given)],
                          capture_output=True, check=False)


def arguments(out, given, prefix=""):
    files = {name: path(f"{prefix}{name}.bin") for name in ("curated", "pool", "eval")}
    return ["tokens"] + words(files | {"out": out} | SMALL | given)


def train(out, given, prefix=""):
    return execute(*arguments(out, given, prefix))


class TokensCase(FolderCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(path("pool.bin")):
            prepare_tokens()

    def summary(self, given=None, prefix="", out=None):
        out = out or self.out
        shutil.rmtree(out, ignore_errors=True)
        finished(train(out, given or {}, prefix))
        return summary_of(out)


class Data(TokensCase):
    def test_windows_of_a_file(self):
        summary = self.summary()
        self.assertEqual(summary["task"], "tokens")
        self.assertEqual(summary["data"]["pool"]["rows"], 220)
        self.assertEqual([one["name"] for one in summary["measures"]],
                         ["nats_per_token", "perplexity"])
        for run in summary["runs"]:
            for evaluation in run["evaluations"]:
                self.assertAlmostEqual(math.exp(evaluation["nats_per_token"]),
                                       evaluation["perplexity"], places=4)
        samples = [json.loads(line) for line in
                   read(self.out, "independent-seed3", "metrics.jsonl").splitlines()]
        shown = next(line for line in samples if line["event"] == "samples")["picked"][0]["text"]
        self.assertEqual(len(shown.split()), 11)
        finished(execute("report", self.out))

    def test_documents_of_a_file(self):
        stream = struct.unpack("<2200H", read(path("pool.bin")))
        summary = self.summary({"document-end": END, "length": 60, "gradients": True})
        rows, first = 0, 0
        for k in [k for k, token in enumerate(stream) if token == END and k > 0] + [2199]:
            rows += max(0, -(-(k - first) // 60))
            first = k
        self.assertEqual(summary["data"]["pool"]["rows"], rows)
        self.assertEqual(len(summary["runs"][0]["gradients"]), 2)

    def test_a_folder_of_files_tells_them_apart(self):
        folder = path("pool-folder")
        os.makedirs(folder, exist_ok=True)
        for name in ("b", "a"):
            write_tokens(f"pool-folder/{name}.bin", 400)
        summary = self.summary({"pool": folder, "arms": "uniform,oracle:b"})
        self.assertEqual(summary["data"]["pool"]["rows"], 80)
        for entry in summary["runs"][1]["picked_tags"]:
            self.assertEqual(entry["b"], 1)

    def test_texts_by_a_sentencepiece_model(self):
        for name in ("curated", "pool", "eval"):
            done = finished(tokenise(texts=path(name + ".jsonl"), out=path(f"texts-{name}.bin"),
                                     pieces=path("pieces.json")))
        lines = [json.loads(line)["text"] for line in read(path("eval.jsonl")).splitlines()]
        # Every letter and every space, of which sentencepiece sets one before a text, is a token,
        # and so is the end. Of the first row alone the first token is not predicted.
        letters = [len(" ".join(line.split())) + 1 for line in lines]
        tokens, bytes_ = sum(letters) + len(lines) - 1, sum(letters) - 1
        self.assertEqual(json.loads(done.stdout), {"documents": len(lines), "tokens": tokens + 1,
                                                   "vocabulary": 9, "document_end": 2})
        summary = self.summary({"tokenizer": path("pieces.json"), "length": 40, "document-end": 2},
                               "texts-")
        last = summary["runs"][0]["evaluations"][-1]
        self.assertAlmostEqual(last["bits_per_byte"],
                               last["nats_per_token"] * tokens / bytes_ / math.log(2), places=4)
        self.assertEqual(summary["data"]["eval"][0]["rows"], len(lines))
        finished(execute("report", self.out))

    def test_bytes_of_every_kind_of_piece_are_counted(self):
        texts = ["a\n    b é\r\n", "日本\t  c\n\n", "    d<0x41>\n"]
        content = "".join(json.dumps({"text": text}) + "\n" for text in texts * 20)
        train_cases.write(content.encode(), path("odd.jsonl"))
        train_cases.write(model_of_bytes(), path("bytes.model"))
        for name in ("curated", "pool", "eval"):
            done = finished(tokenise(model=path("bytes.model"), texts=path("odd.jsonl"),
                                     out=path(f"odd-{name}.bin"), pieces=path("odd.json")))
        made = json.loads(done.stdout)
        self.assertEqual(made["document_end"], 1)
        stream = struct.unpack(f"<{made['tokens']}H", read(path("odd-eval.bin"))[1024:])
        self.assertIn(2, stream)  # the newline's own piece
        summary = self.summary({"tokenizer": path("odd.json"), "length": 40, "document-end": 1}, "odd-")
        last = summary["runs"][0]["evaluations"][-1]
        # All that a row predicts: every token but the first of the file, a letter.
        size = 20 * sum(len(text.encode()) for text in texts) - 1
        self.assertAlmostEqual(last["bits_per_byte"],
                               last["nats_per_token"] * (made["tokens"] - 1) / size / math.log(2), places=4)

    def test_pieces_of_a_tokenizer_json(self):
        vocabulary = {chr(0x100 + 32 if k == 1 else 96 + k): k for k in range(1, 27)}  # Ġ is a space
        tokenizer = {"model": {"type": "BPE", "vocab": vocabulary},
                     "decoder": {"type": "ByteLevel"},
                     "added_tokens": [{"id": END, "content": "<end>", "special": True}]}
        train_cases.write(json.dumps(tokenizer).encode(), path("tokenizer.json"))
        summary = self.summary({"tokenizer": path("tokenizer.json")})
        stream = struct.unpack("<300H", read(path("eval.bin")))
        bytes_ = sum(1 <= token <= 26 for token in stream[1:])
        last = summary["runs"][0]["evaluations"][-1]
        self.assertAlmostEqual(last["bits_per_byte"],
                               last["nats_per_token"] * 299 / bytes_ / math.log(2), places=4)


class Models(TokensCase):
    def test_a_folder_is_where_a_model_starts_and_ends(self):
        for shape in ("llama", "gpt2"):
            with self.subTest(shape):
                first = path("first-" + shape)
                end = self.summary({"model": shape, "arms": "uniform"}, out=first)["runs"][0]
                folder = f"{shape}:{first}/uniform-seed3"
                again = self.summary({"model": folder, "reference": folder, "learning-rate": 1e-12})
                self.assertAlmostEqual(again["runs"][0]["evaluations"][0]["nats_per_token"],
                                       end["evaluations"][-1]["nats_per_token"], places=5)
                self.assertAlmostEqual(again["reference"]["nats_per_token"],
                                       end["evaluations"][-1]["nats_per_token"], places=5)

    def test_a_reference_of_a_given_model_starts_there(self):
        first = path("first-given")
        end = self.summary({"arms": "uniform", "steps": 30}, out=first)["runs"][0]
        again = self.summary({"model": f"llama:{first}/uniform-seed3", "reference-steps": 1,
                              "arms": "independent", "learning-rate": 1e-12})
        self.assertAlmostEqual(again["reference"]["nats_per_token"],
                               end["evaluations"][-1]["nats_per_token"], places=5)

    def test_training_learns(self):
        run = self.summary({"steps": 150, "learning-rate": 0.01, "arms": "uniform"})["runs"][0]
        first, *_, last = run["evaluations"]
        self.assertLess(last["nats_per_token"], first["nats_per_token"] - 0.5)

    def test_methods_of_losses_tokens_and_gradients(self):
        arms = "rho-loss,rho-1,greats,drrho,cascade,independent:score-prefix=4"
        summary = self.summary({"arms": arms, "cascade-from": 80, "cascade-to": 16,
                                "cache-reference": True, "document-end": END})
        self.assertEqual(len({read(self.out, arm + "-seed3", "model.safetensors")
                              for arm in arms.split(",")}), len(arms.split(",")))
        by_arm = {run["arm"]: run["flops"] for run in summary["runs"]}
        self.assertLess(by_arm["independent:score-prefix=4"]["learner_scoring"],
                        by_arm["rho-loss"]["learner_scoring"] / 2)


class Example(TokensCase):
    """examples/train_decoder on a small slice: a guide in a folder, token files, a trained decoder."""

    def test_from_tokens_and_a_guide_to_a_decoder(self):
        self.summary({"arms": "uniform", "steps": 60, "learning-rate": 0.01}, out=path("guide"))
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/train_decoder")
        files = [path(name + ".bin") for name in ("curated", "pool", "eval")]
        done = subprocess.run(
            [script, "llama:" + path("guide", "uniform-seed3"), *files, self.out,
             *words({name: value for name, value in SMALL.items() if name != "arms"})],
            env=os.environ | {"JEST_TRAIN": train_cases.PROGRAM}, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertEqual([run["arm"] for run in summary_of(self.out)["runs"]],
                         ["uniform", "rho-loss", "independent"])
        for name in ("report.html", "rho-loss-seed3/config.json", "rho-loss-seed3/model.safetensors"):
            self.assertTrue(os.path.exists(os.path.join(self.out, name)), name)


class Steps(TokensCase):
    def test_micro_batches_change_nothing_but_rounding(self):
        given = {"arms": "uniform,rho-1", "steps": 3}
        whole = self.summary(given)["runs"]
        parts = self.summary(given | {"micro-batch": 3})["runs"]
        for one, other in zip(whole, parts, strict=True):
            self.assertAlmostEqual(one["evaluations"][-1]["nats_per_token"],
                                   other["evaluations"][-1]["nats_per_token"], places=3)
        own, chosen = ([run["flops"]["learner_training"] for run in runs]
                       for runs in zip(whole, parts, strict=True))
        self.assertEqual(own[0], own[1])
        self.assertGreater(chosen[1] / chosen[0], 1.2, "a second pass is paid for")

    def test_clipping_and_decay_matter(self):
        models = set()
        for given in ({}, {"clip-norm": 0.01}, {"weight-decay": 0.5}):
            self.summary({"arms": "uniform"} | given)
            models.add(read(self.out, "uniform-seed3", "model.safetensors"))
        self.assertEqual(len(models), 3)

    def test_killed_runs_end_like_undisturbed_ones(self):
        given = {"arms": "independent", "steps": 12, "micro-batch": 3}
        undisturbed = path("undisturbed")
        self.summary(given, out=undisturbed)
        folder = os.path.join(self.out, "independent-seed3", "checkpoints")
        program = [train_cases.PROGRAM, *arguments(self.out, given | {"resume": True})]
        with subprocess.Popen(program, stderr=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not (os.path.isdir(folder) and any(
                    name.startswith("step-") for name in os.listdir(folder))):
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        self.assertEqual(process.returncode, -signal.SIGKILL)
        finished(train(self.out, given | {"resume": True}))
        self.assert_same_result(self.out, undisturbed)


class Refusals(TokensCase):
    def expect(self, given, *mentions):
        self.refused(train(self.out, given), *mentions)
        self.assertFalse(os.path.exists(self.out))

    def bad(self, content):
        train_cases.write(content, path("bad.bin"))
        return path("bad.bin")

    def model(self, **changes):
        """A folder with a small model, of which fields of config.json are others."""
        folder = path("model")
        if not os.path.exists(folder):
            self.summary({"arms": "uniform", "steps": 1}, out=path("made"))
            shutil.copytree(path("made", "uniform-seed3"), folder)
        config = json.loads(read(path("made", "uniform-seed3"), "config.json")) | changes
        train_cases.write(json.dumps(config).encode(), folder, "config.json")
        return "llama:" + folder

    def test_of_data(self):
        self.expect({"pool": self.bad(b"\x01\x00\x02")}, "bad.bin", "whole number of tokens")
        self.expect({"pool": self.bad(b"\x1f\x8b" + bytes(64))}, "bad.bin", "gzip")
        header = struct.pack("<256i", 20240520, 1, 7, *[0] * 253)
        self.expect({"eval": self.bad(header + bytes(12))}, "the 7 tokens that its header says")
        self.expect({"pool": path("pool.jsonl")}, "pool.jsonl", "JSON")
        self.expect({"vocabulary": 20}, "tokens below the 20 of the vocabulary", "at position")
        self.expect({"tokenizer": path("pool.bin")}, "read tokenizer", "a tokenizer.json")

    def test_of_texts(self):
        train_cases.write(b'{"text": "ab"}\n{"words": 1}\n', path("bad.jsonl"))
        for given, mention in (({"texts": path("bad.jsonl")}, 'bad.jsonl:2: expected an object with "text"'),
                               ({"texts": path("nowhere.jsonl")}, "--texts: expected a file"),
                               ({"texts": path("eval.jsonl"), "model": path("eval.bin")},
                                "eval.bin: expected a sentencepiece model")):
            done = tokenise(**given | {"out": path("none.bin")})
            self.assertEqual(done.returncode, 1, given)
            self.assertIn(mention, done.stderr.decode())
            self.assertEqual(len(done.stderr.splitlines()), 1)
            self.assertFalse(os.path.exists(path("none.bin")))

    def test_of_models(self):
        self.expect({"model": "bert"}, "--model", "llama, gpt2")
        self.expect({"model": "llama:" + path("nowhere")}, "a folder with config.json")
        self.expect({"model": self.model(model_type="mamba")}, "model_type llama or gpt2", "mamba")
        self.expect({"model": self.model(vocab_size=20)}, "tokens below the 20")
        larger = {"model": {"type": "BPE", "vocab": {str(k): k for k in range(60)}}}
        train_cases.write(json.dumps(larger).encode(), path("larger.json"))
        self.expect({"model": self.model(), "tokenizer": path("larger.json")},
                    "--tokenizer: expected at most the 39 tokens of the model, got 60")
        self.expect({"reference": self.model(num_hidden_layers=2)},
                    "tensor model.layers.1", "none of that name")
        self.expect({"model": self.model(num_hidden_layers=1, max_position_embeddings=4)},
                    "--length", "at most the 4 positions")
        self.expect({"model": self.model(intermediate_size=5)}, "tensor model.layers.0.mlp")
        self.expect({"model": self.model().replace("llama:", "gpt2:")}, "of the shape")
        self.expect({"reference": path("nowhere")}, "--reference")
        self.expect({"heads": 5}, "5 heads that divide the hidden width")


if __name__ == "__main__":
    TOKENS = os.path.abspath(sys.argv.pop(2))
    main()
