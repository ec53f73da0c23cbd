#!/usr/bin/env python3
"""jest.torch as a training loop meets it: eager, compiled with steps that change, checked by opcheck.

Skipped where no torch can be imported. JEST_LIBRARY, libjest.so of this tree, adds a comparison with
the operator of the C++ library, where this torch is the one it was linked with.
"""

import os
import unittest

from cases import LEARNER, PRESETS, REFERENCE, ROWS, embeddings

import jest

try:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
except ImportError as error:
    raise unittest.SkipTest(f"no torch in this Python: {error}")

import jest.torch

STEPS = 50
MOST_GRAPHS = 3


def tensors(width, seed):
    return [torch.from_numpy(side) for side in embeddings(width, seed)]


def number(value):
    return torch.full((), value, dtype=torch.float64)


class Operators(unittest.TestCase):
    def setUp(self):
        self.pairs = (*tensors(6, 1), *tensors(4, 2))
        self.losses = self.pairs[0][:, :2].T.contiguous()
        self.direction = self.pairs[0][3].clone()

    def test_picks_are_those_of_arrays(self):
        arrays = [side.numpy() for side in self.pairs]
        for preset in PRESETS:
            for contrast in ("sigmoid", "softmax"):
                given = {"count": 8, "preset": preset, "contrast": contrast, "gain": 3.0, "seed": 2**64 - 5,
                         "step": 7, **LEARNER, **REFERENCE}
                indices, scores = jest.torch.select(*self.pairs, **given)
                expected = jest.select(*arrays, **given)
                self.assertEqual(indices.tolist(), expected.indices.tolist())
                self.assertEqual(scores.tolist(), expected.scores.tolist())
                self.assertEqual((indices.dtype, scores.dtype), (torch.int64, torch.float64))

    def test_other_criteria_pick_as_of_arrays(self):
        ids = torch.randperm(ROWS) + 1000
        given = {"count": 8, "seed": 3, "step": 4, "gain": 2.0}
        x, added = self.pairs[0], self.losses[1].double()
        for got, expected in (
                (jest.torch.select_losses(*self.losses, ids, learner_weight=2.0, **given),
                 jest.select_losses(*self.losses.numpy(), ids.numpy(), learner_weight=2.0, **given)),
                (jest.torch.select_aligned(x, self.direction, self.losses[1], ids, step_size=0.5, **given),
                 jest.select_aligned(x.numpy(), self.direction.numpy(), added.numpy(), ids.numpy(),
                                     step_size=0.5, **given)),
                (jest.torch.select_diverse(x, self.losses[1], ids, strength=0.5, **given),
                 jest.select_diverse(x.numpy(), added.numpy(), ids.numpy(), strength=0.5, **given))):
            self.assertEqual(got[0].tolist(), expected.indices.tolist())
            self.assertEqual(got[1].tolist(), expected.scores.tolist())

    def test_any_floating_tensor_is_read_as_float32(self):
        x, y = self.pairs[:2]
        for dtype in (torch.float16, torch.bfloat16, torch.float64):
            low = (x.to(dtype), y.to(dtype))
            self.assertEqual(
                jest.torch.select(*low, count=8, reference_weight=0.0)[0].tolist(),
                jest.torch.select(*(side.float() for side in low), count=8,
                                  reference_weight=0.0)[0].tolist())
        across = (x.T.contiguous().T.requires_grad_(), y.repeat_interleave(2, dim=1)[:, ::2])
        indices, scores = jest.torch.select(*across, count=8, reference_weight=0.0)
        self.assertEqual(indices.tolist(),
                         jest.torch.select(x, y, count=8, reference_weight=0.0)[0].tolist())
        self.assertFalse(scores.requires_grad)

    def test_numbers_may_be_tensors(self):
        log_scale = torch.nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
        bias = torch.nn.Parameter(torch.tensor([-5.0]))
        got = jest.torch.select(*self.pairs, count=8, learner_scale=log_scale.exp(), learner_bias=bias,
                                interaction=torch.tensor(0.5))
        expected = jest.torch.select(*self.pairs, count=8, learner_scale=float(log_scale.detach().exp()),
                                     learner_bias=-5.0, interaction=0.5)
        self.assertEqual(got[0].tolist(), expected[0].tolist())
        self.assertEqual(got[1].tolist(), expected[1].tolist())

    def test_opcheck(self):
        sampling = {"preset": "joint", "chunks": 2, "gain": number(3.0), "interaction": number(1.0),
                    "seed": 9, "backend": "default", "threads": 1}
        weights = {"learner_weight": 1.0, "reference_weight": 1.0}
        x, ids = self.pairs[0], torch.arange(ROWS)
        scales = (number(10.0), number(-5.0), number(7.0), number(0.0))
        cases = {
            "select_pairs": ((*self.pairs, ids, *scales), weights | {"contrast": "softmax"}),
            "select_losses": ((*self.losses, ids), weights),
            "select_aligned": ((x, self.direction, self.losses[0], ids, number(0.1)), {}),
            "select_diverse": ((x, self.losses[0], None, number(0.1)), {}),
        }
        for name, (given, named) in cases.items():
            operator = getattr(torch.ops.jest, name).default
            for step in (0, 1, 2**32 - 1):
                with self.subTest(operator=name, step=step):
                    torch.library.opcheck(operator, given,
                                          sampling | named | {"count": 8, "step": step})

    def test_shapes_are_known_without_values(self):
        with FakeTensorMode() as mode:
            fake = [mode.from_tensor(side) for side in self.pairs[:2]]
            indices, scores = jest.torch.select(*fake, count=8, reference_weight=0.0)
        self.assertEqual((indices.shape, indices.dtype), ((8,), torch.int64))
        self.assertEqual((scores.shape, scores.dtype), ((8,), torch.float64))
        meta = [side.to("meta") for side in self.pairs[:2]]
        self.assertEqual(jest.torch.select(*meta, count=8, reference_weight=0.0)[0].device.type, "meta")

    def test_refusals_are_one_line(self):
        x, y = self.pairs[:2]
        for given, mention in (({"count": ROWS + 1}, "count between 1 and the 24"),
                               ({"preset": "best"}, "joint, independent"), ({"step": -1}, "step between 0"),
                               ({"ids": torch.zeros(ROWS, dtype=torch.int64)}, "distinct ids"),
                               ({"ids": torch.arange(ROWS - 1)}, "24 ids, one per candidate, got 23"),
                               ({"ids": torch.arange(ROWS, dtype=torch.int32)}, "got int32"),
                               ({"learner_scale": -1.0}, "logit scale > 0"),
                               ({"learner_scale": torch.ones(2)}, "0-d learner scale, got \\[2\\]")):
            with self.subTest(given):
                with self.assertRaisesRegex(jest.Error, mention) as caught:
                    jest.torch.select(x, y, **({"count": 8, "reference_weight": 0.0} | given))
                self.assertNotIn("\n", str(caught.exception))
        with self.assertRaisesRegex(jest.Error, "floating dtype, got torch.int64"):
            jest.torch.select_losses(torch.arange(4), count=2, reference_weight=0.0)

    def test_cuda_tensors_are_refused_unless_a_backend_of_the_host_is_named(self):
        if not torch.cuda.is_available():
            self.skipTest("no CUDA device on this machine")
        x, y = (side.cuda() for side in self.pairs[:2])
        with self.assertRaisesRegex(jest.Error, "got tensors on cuda"):
            jest.torch.select(x, y, count=8, reference_weight=0.0)
        indices, _ = jest.torch.select(x, y, count=8, reference_weight=0.0, backend="cpu")
        self.assertEqual(indices.device.type, "cuda")

    def test_the_operator_of_the_library_picks_alike(self):
        library = os.environ.get("JEST_LIBRARY")
        if not library:
            self.skipTest("JEST_LIBRARY names no libjest.so")
        try:
            torch.ops.load_library(library)
        except OSError as error:
            self.skipTest(f"libjest.so is not for torch {torch.__version__}: {error}")
        for preset in PRESETS:
            given = {"count": 8, "preset": preset, "gain": 3.0, "seed": 5, "step": 7, **LEARNER, **REFERENCE}
            want, got = torch.ops.jest.select(*self.pairs, **given), jest.torch.select(*self.pairs, **given)
            self.assertEqual(got[0].tolist(), want[0].tolist())
            self.assertEqual(got[1].tolist(), want[1].tolist())


class Compiled(unittest.TestCase):
    """One graph serves every step: a second one may appear where a number first changes."""

    def setUp(self):
        self.graphs = 0
        torch._dynamo.reset()

    def count(self, graph, _):
        self.graphs += 1
        return graph.forward

    def run_steps(self, function, backend=None):
        compiled = torch.compile(function, fullgraph=True, backend=backend or self.count)
        torch._dynamo.utils.counters.clear()
        for step in range(STEPS):
            got, want = compiled(step), function(step)
            self.assertEqual(got[0].tolist(), want[0].tolist())
            # A compiled scale may differ in its last bit.
            torch.testing.assert_close(got[1], want[1], rtol=1e-5, atol=1e-5)
        graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
        self.assertGreaterEqual(graphs, 1)
        self.assertLessEqual(graphs, MOST_GRAPHS)
        if not backend:
            self.assertEqual(self.graphs, graphs)

    def learnt(self):
        """A selection by a scale and a bias that are parameters, and these."""
        pairs = (*tensors(6, 1), *tensors(4, 2))
        log_scale = torch.nn.Parameter(torch.tensor(2.3))
        bias = torch.nn.Parameter(torch.tensor(-5.0))

        def pick(step):
            return jest.torch.select(*pairs, count=8, learner_scale=log_scale.exp(), learner_bias=bias,
                                     **REFERENCE, gain=3.0, seed=11 * step + 1, step=step)

        return pick, [log_scale, bias]

    def test_a_learnt_scale_and_changing_steps_and_seeds(self):
        self.run_steps(self.learnt()[0])

    def test_a_scale_that_changes(self):
        pick, parameters = self.learnt()
        scores = []

        def pick_and_change(step):
            with torch.no_grad():
                parameters[0].add_(0.01)
            return pick(step)

        compiled = torch.compile(pick, fullgraph=True, backend=self.count)
        for step in range(STEPS):
            want, got = pick_and_change(step), compiled(step)
            self.assertEqual(got[0].tolist(), want[0].tolist())
            scores.append(got[1][0].item())
        self.assertEqual(len(set(scores)), STEPS)
        self.assertLessEqual(self.graphs, MOST_GRAPHS)

    def test_a_whole_training_step(self):
        """Towers, selection, gathering and loss in one graph, with gradients of all but the selection."""
        for backend in ("aot_eager", "inductor"):
            torch._dynamo.reset()
            torch._dynamo.utils.counters.clear()
            torch.manual_seed(1)
            tower = torch.nn.Linear(6, 6)
            log_scale = torch.nn.Parameter(torch.tensor(2.3))
            optimizer = torch.optim.SGD([*tower.parameters(), log_scale], 0.1)
            x, y, *guide = (*tensors(6, 1), *tensors(4, 2))

            def loss_of(step):
                embedded = torch.nn.functional.normalize(tower(x), dim=1)
                indices, _ = jest.torch.select(embedded, y, *guide, count=8, step=step,
                                               learner_scale=log_scale.exp())
                logits = log_scale.exp() * embedded[indices] @ y[indices].T
                return torch.nn.functional.cross_entropy(logits, torch.arange(8))

            compiled = torch.compile(loss_of, fullgraph=True, backend=backend)
            for step in range(STEPS):
                optimizer.zero_grad()
                loss_of(step).backward()
                want = [parameter.grad.clone() for parameter in optimizer.param_groups[0]["params"]]
                optimizer.zero_grad()
                compiled(step).backward()
                got = [parameter.grad for parameter in optimizer.param_groups[0]["params"]]
                torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)
                optimizer.step()
            self.assertLessEqual(torch._dynamo.utils.counters["stats"]["unique_graphs"], MOST_GRAPHS)

    def test_by_inductor(self):
        self.run_steps(self.learnt()[0], "inductor")

    def test_a_scheduled_interaction(self):
        pairs = tensors(6, 1)
        self.run_steps(lambda step: jest.torch.select(
            *pairs, count=8, reference_weight=0.0, step=step,
            interaction=0.1 if step >= 20 else 0.0))

    def test_a_count_that_changes(self):
        pairs = tensors(6, 1)
        self.run_steps(lambda step: jest.torch.select(*pairs, count=2 + step % 20, reference_weight=0.0,
                                                      step=step))

    def test_other_criteria(self):
        x = tensors(6, 1)[0]
        losses = x[:, :2].T.contiguous()
        for function in (
                lambda step: jest.torch.select_losses(*losses, count=8, step=step),
                lambda step: jest.torch.select_aligned(x, x[3], losses[0], count=8, step=step),
                lambda step: jest.torch.select_diverse(x, losses[0], count=8, step=step)):
            self.setUp()
            self.run_steps(function)

    def test_export(self):
        class Picker(torch.nn.Module):
            def forward(self, x, y):
                return jest.torch.select(x, y, count=8, reference_weight=0.0, step=3)[0]

        pairs = tuple(tensors(6, 1))
        exported = torch.export.export(Picker(), pairs).module()
        self.assertEqual(exported(*pairs).tolist(), Picker()(*pairs).tolist())


if __name__ == "__main__":
    unittest.main(verbosity=2)
