#!/usr/bin/env python3
"""Adds the incremental peer, compiled by torch.compile, to a report of select_cuda_bench.

usage: benchmarks/cuda/compiled_peers.py REPORT.json

Needs a Python torch with CUDA; exits with 77 where there is none. The algorithm is the one of
benchmarks/peer_algorithms.cpp: what a good programmer writes in an hour, and then compiles.
"""

import json
import pathlib
import statistics
import sys
import time

NO_DEVICE = 77
SCALE, BIAS, GAIN = 20.0, -7.0, 100.0
WARM_RUNS, TIMED_RUNS = 3, 20
MOST_CANDIDATES = 163840


def row_sums(x, picked):
    """Σ_j softplus(u_ij): the part that is worth compiling."""
    import torch
    u = torch.nn.functional.softplus((SCALE * (x @ picked.t()) + BIAS).float())
    return u.sum(1)


def own_scores(learner, reference):
    import torch
    own = [torch.nn.functional.softplus(-(SCALE * (x * y).sum(1).float() + BIAS))
           for x, y in (learner, reference)]
    return own[0] - own[1]


def takes(count, chunks):
    """Picks of each round: the first count mod chunks take one more."""
    return [count // chunks + (k < count % chunks) for k in range(chunks)]


def incremental(learner, reference, sizes, sums=row_sums):
    """Positions [b]; sizes as of takes()."""
    import torch
    scores = own_scores(learner, reference)
    picked = torch.zeros_like(scores, dtype=torch.bool)
    picks = []
    for k, take in enumerate(sizes):
        noise = -(-torch.rand_like(scores).clamp(1e-20, 1).log()).log()
        keys = (GAIN * scores + noise).masked_fill(picked, -1e30)
        newest = keys.topk(take).indices
        picked[newest] = True
        picks.append(newest)
        if k + 1 == len(sizes):
            break
        for (x, y), sign in ((learner, 1.0), (reference, -1.0)):
            scores = scores + sign * (sums(x, y[newest]) + sums(y, x[newest]))
    return torch.cat(picks)


def median_ms(work):
    import torch
    times = []
    for k in range(WARM_RUNS + TIMED_RUNS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        if k >= WARM_RUNS:
            times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def rows(shape, dtype, seed):
    import torch
    generator = torch.Generator("cuda").manual_seed(seed)
    x = torch.randn(shape["B"], shape["d"], device="cuda", generator=generator)
    return torch.nn.functional.normalize(x).to(dtype)


def compiled_sums():
    """Compiled for the shapes of one measurement: a function that has been compiled for a few shapes
    and types is run eagerly for the next one."""
    import torch
    torch.compiler.reset()
    return torch.compile(row_sums, dynamic=False)


def add_peers(report, keep):
    """`keep()` after every number: what has been measured stays."""
    import torch
    for shape in report["shapes"]:
        if shape["B"] > MOST_CANDIDATES:
            continue
        for name, dtype in (("f16", torch.float16), ("bf16", torch.bfloat16), ("f32", torch.float32)):
            sides = [rows(shape, dtype, seed) for seed in range(4)]
            learner, reference = tuple(sides[:2]), tuple(sides[2:])
            sizes, sums = takes(shape["b"], shape["N"]), compiled_sums()
            with torch.inference_mode():
                shape["peers"][f"incremental-{name}, torch.compile"] = median_ms(
                    lambda: incremental(learner, reference, sizes, sums))
            keep()


def main():
    path = pathlib.Path(sys.argv[1])
    try:
        import torch
    except ImportError:
        torch = None
    if torch is None or not torch.cuda.is_available():
        print("compiled_peers: no Python torch with a CUDA device", file=sys.stderr)
        sys.exit(NO_DEVICE)
    report = json.loads(path.read_text(encoding="utf-8"))

    def keep():
        new = path.with_name(path.name + ".new")
        new.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        new.replace(path)

    add_peers(report, keep)


if __name__ == "__main__":
    main()
