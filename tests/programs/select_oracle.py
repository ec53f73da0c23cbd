#!/usr/bin/env python3
"""What jest-select answers, written a second time from docs/method.md in plain Python.

Slow and simple: double precision, Python integers, no shortcuts. Usage: the options of jest-select
(all but --backend and --threads) as `select(learner, reference, count=...)`, or on the command line.
"""

import argparse
import json
import math
import struct

INFINITY = math.inf


# ---- safetensors -------------------------------------------------------------------------------

FORMATS = {"F32": "f", "F64": "d", "I64": "q"}


def read_safetensors(path):
    """{name: (shape, flat values)}."""
    with open(path, "rb") as file:
        content = file.read()
    (size,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + size])
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        code = FORMATS[entry["dtype"]]
        data = content[8 + size + first : 8 + size + last]
        arrays[name] = (entry["shape"], [value for (value,) in struct.iter_unpack("<" + code, data)])
    return arrays


def write_safetensors(path, arrays):
    """Writes [(name, dtype, shape, flat values)]."""
    header, data = {}, b""
    for name, dtype, shape, values in arrays:
        packed = struct.pack("<%d%s" % (len(values), FORMATS[dtype]), *values)
        header[name] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [len(data), len(data) + len(packed)],
        }
        data += packed
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


class Model:
    """Logits u_ij = t·(x_i·y_j) + β of one model."""

    def __init__(self, path):
        arrays = read_safetensors(path)
        self.ids = arrays["ids"][1] if "ids" in arrays else None
        if "x" not in arrays:
            return
        (self.rows, width), x = arrays["x"]
        y = arrays["y"][1]
        self.x = [x[i * width : (i + 1) * width] for i in range(self.rows)]
        self.y = [y[i * width : (i + 1) * width] for i in range(self.rows)]
        self.scale = arrays["scale"][1][0]
        self.bias = arrays["bias"][1][0] if "bias" in arrays else 0.0

    def logit(self, i, j, bias):
        return self.scale * sum(a * b for a, b in zip(self.x[i], self.y[j])) + bias


# ---- criteria ----------------------------------------------------------------------------------


def softplus(u):
    if math.isnan(u):
        return u
    return u + math.log1p(math.exp(-u)) if u > 0 else math.log1p(math.exp(u))


def log_sum_exp(values):
    if any(math.isnan(value) for value in values):
        return math.nan
    largest = max(values)
    return largest + math.log(sum(math.exp(value - largest) for value in values))


def sigmoid_loss(model, i, picked, interaction):
    own = softplus(-model.logit(i, i, model.bias))
    if interaction == 0:
        return own
    pairs = 0.0
    for j in picked:
        if j != i:
            pairs += softplus(model.logit(i, j, model.bias))
            pairs += softplus(model.logit(j, i, model.bias))
    return own + interaction * pairs


def softmax_loss(model, i, picked, interaction):
    own = -model.logit(i, i, 0.0)
    others = [j for j in picked if j != i]
    if interaction == 0 or not others:
        return own
    row = log_sum_exp([model.logit(i, j, 0.0) for j in others])
    column = log_sum_exp([model.logit(j, i, 0.0) for j in others])
    return own + interaction * (0.5 * row + 0.5 * column)


LOSSES = {"sigmoid": sigmoid_loss, "softmax": softmax_loss}
WEIGHTS = {"learnability": (1, 1), "hard-learner": (1, 0), "easy-reference": (0, 1)}


# ---- noise -------------------------------------------------------------------------------------


def philox4x32_10(counter, key):
    c, k, mask = list(counter), list(key), 0xFFFFFFFF
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c[0], 1 << 32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 1 << 32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def gumbel(seed, step, identity, round_):
    mask = 0xFFFFFFFF
    words = philox4x32_10(
        (identity & mask, identity >> 32, step, round_), (seed & mask, seed >> 32)
    )
    k = ((words[0] >> 6) << 26) + (words[1] >> 6)
    return -math.log(-math.log((k + 0.5) * 2.0**-52))


# ---- sampler -----------------------------------------------------------------------------------


def chunk_sizes(count, chunks):
    return [count // chunks + (1 if r < count % chunks else 0) for r in range(chunks)]


def rounds_of(preset, count, chunks):
    if preset == "joint":
        return min(16, count) if chunks is None else chunks
    return count if preset == "greedy" else 1


def mean(values):
    return sum(values) / len(values)


def deviation(values):
    return math.sqrt(mean([(value - mean(values)) ** 2 for value in values])) if values else 0.0


def is_flat(own, left, gain, preset):
    """Whether own scores tell none of the candidates from another."""
    if not left or preset == "uniform":
        return False
    if preset in ("topk", "greedy"):
        return deviation(own) == 0
    return gain > 0 and gain * deviation(own) < 0.01


def takes_strangers(model):
    """Whether one in five of the pairs of a row with one half the rows further on is a match."""
    half = model.rows // 2
    logits = [model.logit(i, (i + half) % model.rows, model.bias) for i in range(model.rows)]
    matches = [1 / (1 + math.exp(-u)) for u in logits if not math.isnan(u)]
    return model.rows >= 16 and bool(matches) and mean(matches) > 0.2


def select(learner=None, reference=None, count=1, chunks=None, gain=100.0, interaction=1.0,
           criterion="sigmoid", score="learnability", preset="joint", seed=0, step=0):
    """The answer as a dictionary: indices, scores, nan_count and the two means of own scores."""
    learner_weight, reference_weight = WEIGHTS[score]
    models = [Model(path) if path else None for path in (learner, reference)]
    weighed = [pair for pair in zip((learner_weight, -reference_weight), models) if pair[0]]
    rows = weighed[0][1].rows
    ids = next((model.ids for model in models if model and model.ids is not None), range(rows))

    def score_of(i, picked):
        return sum(weight * LOSSES[criterion](model, i, picked, interaction)
                   for weight, model in weighed)

    own = [score_of(i, []) for i in range(rows)]
    left = [i for i in range(rows) if not math.isnan(own[i])]
    eligible = list(left)
    condition = list(left) if preset == "mean-field" else []
    indices, scores = [], []
    for round_, take in enumerate(chunk_sizes(count, rounds_of(preset, count, chunks))):
        current = {i: score_of(i, condition) for i in left}
        left = [i for i in left if not math.isnan(current[i])]

        def order(i):
            value = current[i]
            if value == INFINITY or preset in ("topk", "greedy"):
                return (-value, ids[i])
            scaled = 0.0 if preset == "uniform" else gain * value
            return (-(scaled + gumbel(seed, step, ids[i], round_)), ids[i])

        picks = sorted((i for i in left if current[i] != -INFINITY), key=order)[:take]
        indices += picks
        scores += [current[i] for i in picks]
        left = [i for i in left if i not in picks]
        condition = condition + picks
    return {
        "indices": indices,
        "scores": scores,
        "nan_count": rows - len(left) - len(indices),
        "mean_own_score_super_batch": mean([own[i] for i in eligible]),
        "mean_own_score_picks": mean([own[i] for i in indices]),
        "own_score_deviation": deviation([own[i] for i in eligible]),
        "strangers": reference_weight != 0 and criterion == "sigmoid" and takes_strangers(models[1]),
        "flat": is_flat([own[i] for i in eligible], left, gain, preset),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learner")
    parser.add_argument("--reference")
    for name in ("count", "chunks", "seed", "step"):
        parser.add_argument("--" + name, type=int)
    for name in ("gain", "interaction"):
        parser.add_argument("--" + name, type=float)
    for name in ("criterion", "score", "preset"):
        parser.add_argument("--" + name)
    given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    print(json.dumps(select(**given)))


if __name__ == "__main__":
    main()
