#!/usr/bin/env python3
"""The compiled peer computes what it is compared for. Exits with 77 where no torch can be imported."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks/cuda"))
import compiled_peers

try:
    import torch
except (ImportError, OSError) as error:
    print(f"skipped: no torch in this Python: {error}")
    sys.exit(77)


def embeddings(seed):
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(2, 40, 6, generator=generator, dtype=torch.float64)
    return tuple(torch.nn.functional.normalize(rows, dim=2))


def pair_losses(x, y):
    u = compiled_peers.SCALE * (x @ y.t()) + compiled_peers.BIAS
    u.diagonal().neg_()
    return torch.nn.functional.softplus(u)


class Incremental(unittest.TestCase):
    def test_without_noise_it_takes_the_best_of_the_full_matrix_round_by_round(self):
        learner, reference = embeddings(1), embeddings(2)
        scores = pair_losses(*learner) - pair_losses(*reference)
        sizes = compiled_peers.takes(10, 4)
        self.assertEqual(sizes, [3, 3, 2, 2])
        expected = []
        for take in sizes:
            conditional = scores.diagonal() + scores[:, expected].sum(1) + scores[expected].sum(0)
            conditional[expected] = -torch.inf
            expected += conditional.topk(take).indices.tolist()
        gain, compiled_peers.GAIN = compiled_peers.GAIN, 1e12
        self.addCleanup(setattr, compiled_peers, "GAIN", gain)
        self.assertEqual(compiled_peers.incremental(learner, reference, sizes).tolist(), expected)


if __name__ == "__main__":
    unittest.main()
