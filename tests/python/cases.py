"""What the tests of the Python package share: made-up embeddings, and oracles in plain Python."""

import os
import pathlib
import sys

import numpy as np

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads of PyTorch do not spin beside other tests
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/programs"))
import select_oracle

ROWS = 24
PRESETS = ("joint", "independent", "topk", "mean-field", "greedy", "uniform")
LEARNER = {"learner_scale": 10.0, "learner_bias": -5.0}
REFERENCE = {"reference_scale": 7.0, "reference_bias": -3.0}


def embeddings(width, seed, rows=ROWS):
    """x and y [rows, width] float32 of length 1."""
    both = np.random.default_rng(seed).normal(size=(2, rows, width)).astype(np.float32)
    return list(both / np.linalg.norm(both, axis=2, keepdims=True))


def pairs_files(folder, learner, reference, ids=None):
    """Files of both models as jest-select and the oracle read them, by their option."""
    files = {}
    for name, (x, y), (scale, bias) in (("learner", learner, LEARNER.values()),
                                        ("reference", reference, REFERENCE.values())):
        arrays = [("x", "F32", list(x.shape), x.ravel().tolist()),
                  ("y", "F32", list(y.shape), y.ravel().tolist()),
                  ("scale", "F64", [], [scale]), ("bias", "F64", [], [bias])]
        arrays += [("ids", "I64", [len(ids)], list(map(int, ids)))] if ids is not None else []
        files[name] = f"{folder}/{name}.safetensors"
        select_oracle.write_safetensors(files[name], arrays)
    return files


def linear_picks(own, features, coefficient, count, preset="joint", chunks=None, gain=100.0, seed=0,
                 step=0, ids=None, first_round=0):
    """The picks of criteria whose pair terms are coefficient * f_i.f_j (docs/method.md)."""
    ids = range(len(own)) if ids is None else [int(number) for number in ids]
    features = np.asarray(features, dtype=np.float64)
    left, picked = list(range(len(own))), []
    conditioned = list(left) if preset == "mean-field" else []
    rounds = select_oracle.rounds_of(preset, count, chunks)
    for round_, take in enumerate(select_oracle.chunk_sizes(count, rounds), first_round):
        def key(i):
            others = [j for j in conditioned if j != i]
            score = own[i] + 2 * coefficient * (features[i] @ features[others].sum(axis=0))
            if preset in ("topk", "greedy"):
                return -score, ids[i]
            noise = select_oracle.gumbel(seed, step, ids[i], round_)
            return -((0 if preset == "uniform" else gain) * score + noise), ids[i]

        picks = sorted(left, key=key)[:take]
        picked += picks
        left = [i for i in left if i not in picks]
        conditioned += picks
    return picked
