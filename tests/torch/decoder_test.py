#!/usr/bin/env python3
"""Decoders of the library against the same models written down in PyTorch: losses, and training steps
with micro-batches, clipping and weight decay. Usage: decoder_test.py DECODER_PEER. Exits with 77
where no torch can be imported.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree

try:
    import torch
except (ImportError, OSError) as error:
    print(f"skipped: no torch in this Python: {error}")
    sys.exit(77)

import torch.nn.functional as F

LENGTH, ROWS, VOCABULARY, WIDTH, LAYERS, HEADS = 12, 8, 61, 32, 2, 4
LLAMA = {"model_type": "llama", "vocab_size": VOCABULARY, "hidden_size": WIDTH,
         "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": 2,
         "intermediate_size": 48, "rms_norm_eps": 1e-5, "rope_theta": 5000.0,
         "max_position_embeddings": 64, "tie_word_embeddings": True}
GPT2 = {"model_type": "gpt2", "vocab_size": VOCABULARY, "n_embd": WIDTH, "n_layer": LAYERS,
        "n_head": HEADS, "n_positions": 64}
STEPS, RATE, DECAY, MAX_NORM = 3, 1e-2, 0.1, 0.5


def write_safetensors(path, tensors):
    header, place = {}, 0
    for name, tensor in tensors.items():
        size = 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [place, place + size]}
        place += size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.detach().contiguous().numpy().tobytes())


def read_safetensors(path):
    content = path.read_bytes()
    size, = struct.unpack("<Q", content[:8])
    tensors = {}
    dtypes = {"F32": torch.float32, "F64": torch.float64}
    for name, array in json.loads(content[8:8 + size]).items():
        if name == "__metadata__":
            continue
        first, end = (8 + size + place for place in array["data_offsets"])
        data = bytearray(content[first:end])
        tensors[name] = torch.frombuffer(data, dtype=dtypes[array["dtype"]]).view(array["shape"])
    return tensors


def attention(q, k, v):
    """Written down without the function that the library calls."""
    length, width = q.shape[-2:]
    scores = q @ k.transpose(-1, -2) / width**0.5
    mask = torch.ones(length, length, dtype=torch.bool).triu(1)
    return scores.masked_fill(mask, -torch.inf).softmax(-1) @ v


def heads(x, count):
    return x.view(*x.shape[:2], count, -1).transpose(1, 2)


def joined(x):
    return x.transpose(1, 2).flatten(2)


def turned(x):
    """Rotary positions by complex numbers."""
    half = x.shape[-1] // 2
    rates = LLAMA["rope_theta"] ** -(torch.arange(half, dtype=torch.float64) / half)
    angles = torch.outer(torch.arange(x.shape[-2], dtype=torch.float64), rates)
    numbers = torch.complex(x[..., :half].double(), x[..., half:].double())
    result = numbers * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([result.real, result.imag], -1).float()


def llama(p, tokens):
    def norm(x, name):
        return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * p[name + ".weight"]

    x = p["model.embed_tokens.weight"][tokens]
    for k in range(LAYERS):
        at = f"model.layers.{k}."
        h = norm(x, at + "input_layernorm")
        q, k_, v = (heads(h @ p[f"{at}self_attn.{n}_proj.weight"].T, c)
                    for n, c in (("q", HEADS), ("k", 2), ("v", 2)))
        k_, v = (t.repeat_interleave(HEADS // 2, 1) for t in (turned(k_), v))
        x = x + joined(attention(turned(q), k_, v)) @ p[at + "self_attn.o_proj.weight"].T
        h = norm(x, at + "post_attention_layernorm")
        gate, up = (h @ p[f"{at}mlp.{n}_proj.weight"].T for n in ("gate", "up"))
        x = x + (F.silu(gate) * up) @ p[at + "mlp.down_proj.weight"].T
    return norm(x, "model.norm") @ p["model.embed_tokens.weight"].T


def gpt2(p, tokens):
    def norm(x, name):
        return F.layer_norm(x, (WIDTH,), p[name + ".weight"], p[name + ".bias"])

    def product(x, name):
        return x @ p[name + ".weight"] + p[name + ".bias"]

    x = p["transformer.wte.weight"][tokens] + p["transformer.wpe.weight"][:tokens.shape[1]]
    for k in range(LAYERS):
        at = f"transformer.h.{k}."
        q, k_, v = (heads(t, HEADS)
                    for t in product(norm(x, at + "ln_1"), at + "attn.c_attn").chunk(3, -1))
        x = x + product(joined(attention(q, k_, v)), at + "attn.c_proj")
        h = F.gelu(product(norm(x, at + "ln_2"), at + "mlp.c_fc"), approximate="tanh")
        x = x + product(h, at + "mlp.c_proj")
    return norm(x, "transformer.ln_f") @ p["transformer.wte.weight"].T


def llama_parameters():
    shapes = {"model.embed_tokens.weight": (VOCABULARY, WIDTH), "model.norm.weight": (WIDTH,)}
    for k in range(LAYERS):
        at = f"model.layers.{k}."
        shapes |= {at + "input_layernorm.weight": (WIDTH,),
                   at + "post_attention_layernorm.weight": (WIDTH,),
                   at + "self_attn.q_proj.weight": (WIDTH, WIDTH),
                   at + "self_attn.k_proj.weight": (WIDTH // 2, WIDTH),
                   at + "self_attn.v_proj.weight": (WIDTH // 2, WIDTH),
                   at + "self_attn.o_proj.weight": (WIDTH, WIDTH),
                   at + "mlp.gate_proj.weight": (48, WIDTH), at + "mlp.up_proj.weight": (48, WIDTH),
                   at + "mlp.down_proj.weight": (WIDTH, 48)}
    return shapes


def gpt2_parameters():
    shapes = {"transformer.wte.weight": (VOCABULARY, WIDTH), "transformer.wpe.weight": (64, WIDTH),
              "transformer.ln_f.weight": (WIDTH,), "transformer.ln_f.bias": (WIDTH,)}
    for k in range(LAYERS):
        at = f"transformer.h.{k}."
        for name, (inputs, outputs) in {"attn.c_attn": (WIDTH, 3 * WIDTH),
                                        "attn.c_proj": (WIDTH, WIDTH),
                                        "mlp.c_fc": (WIDTH, 4 * WIDTH),
                                        "mlp.c_proj": (4 * WIDTH, WIDTH)}.items():
            shapes |= {f"{at}{name}.weight": (inputs, outputs), f"{at}{name}.bias": (outputs,)}
        for name in ("ln_1", "ln_2"):
            shapes |= {f"{at}{name}.weight": (WIDTH,), f"{at}{name}.bias": (WIDTH,)}
    return shapes


SHAPES = {"llama": (LLAMA, llama, llama_parameters), "gpt2": (GPT2, gpt2, gpt2_parameters)}


class Decoders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        generator = torch.Generator().manual_seed(5)
        stream = torch.randint(VOCABULARY, (ROWS * LENGTH + 1,), generator=generator)
        (self.folder / "tokens.bin").write_bytes(stream.to(torch.uint16).numpy().tobytes())
        self.rows = stream.unfold(0, LENGTH + 1, LENGTH)

    def model(self, kind):
        config, forward, shapes = SHAPES[kind]
        generator = torch.Generator().manual_seed(3)
        parameters = {name: 0.3 * torch.randn(shape, generator=generator) + len(shape) % 2
                      for name, shape in shapes().items()}
        (self.folder / "config.json").write_text(json.dumps(config))
        write_safetensors(self.folder / "model.safetensors", parameters)
        return forward, parameters

    def peer(self, what):
        out = self.folder / "out.safetensors"
        subprocess.run([PEER, what, self.folder, self.folder / "tokens.bin", str(LENGTH), out],
                       check=True)
        return read_safetensors(out)

    def token_losses(self, forward, parameters):
        logits = forward(parameters, self.rows[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1), self.rows[:, 1:].flatten(),
                               reduction="none").view(ROWS, LENGTH)

    def test_losses_are_those_of_pytorch(self):
        for kind in SHAPES:
            with self.subTest(kind), torch.no_grad():
                expected = self.token_losses(*self.model(kind))
                found = self.peer("losses")
                self.assertGreater(expected.std(), 0.5)
                torch.testing.assert_close(found["token_losses"], expected, rtol=1e-5, atol=1e-5)
                torch.testing.assert_close(found["losses"], expected.mean(1), rtol=1e-5, atol=1e-5)

    def test_steps_are_those_of_pytorch(self):
        """Micro-batches, clipping and decay of matrices alone, against whole batches."""
        for kind in SHAPES:
            with self.subTest(kind):
                forward, parameters = self.model(kind)
                for tensor in parameters.values():
                    tensor.requires_grad_()
                groups = [{"params": [t for t in parameters.values() if t.dim() > 1]},
                          {"params": [t for t in parameters.values() if t.dim() < 2],
                           "weight_decay": 0.0}]
                optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=DECAY, eps=1e-3)
                losses, norms = [], []
                for _ in range(STEPS):
                    optimizer.zero_grad()
                    loss = self.token_losses(forward, parameters).mean()
                    loss.backward()
                    norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), MAX_NORM))
                    optimizer.step()
                    losses.append(loss.item())
                self.assertGreater(min(norms), MAX_NORM, "clipping must matter")
                found = self.peer("train")
                torch.testing.assert_close(found.pop("losses"),
                                           torch.tensor(losses, dtype=torch.float64),
                                           rtol=1e-5, atol=1e-6)
                self.assertEqual(found.keys(), parameters.keys())
                for name, tensor in parameters.items():
                    torch.testing.assert_close(found[name], tensor.detach(), rtol=1e-6, atol=1e-6,
                                               msg=lambda text, name=name: f"{name}: {text}")


if __name__ == "__main__":
    PEER = sys.argv.pop(1)
    unittest.main()
