#!/usr/bin/env python3
"""torch.ops.jest.select as Python meets it. Usage: operators_test.py LIBJEST

Compared with the oracle of tests/programs, and checked by torch.library.opcheck. Exits with 77 where
no torch can be imported.
"""

import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "programs"))
import select_oracle

try:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
except (ImportError, OSError) as error:
    print(f"skipped: no torch in this Python: {error}")
    sys.exit(77)

ROWS = 24
LEARNER = {"learner_scale": 10.0, "learner_bias": -5.0}
REFERENCE = {"reference_scale": 7.0, "reference_bias": -3.0}


def embeddings(width, seed):
    generator = random.Random(seed)
    rows = torch.tensor([[[generator.gauss(0, 1) for _ in range(width)] for _ in range(ROWS)]
                         for _ in range(2)])
    return list(torch.nn.functional.normalize(rows, dim=2))


def store(path, sides, scale, bias, ids):
    arrays = [(name, "F32", list(side.shape), side.flatten().tolist())
              for name, side in zip("xy", sides)]
    arrays += [("scale", "F64", [], [scale]), ("bias", "F64", [], [bias])]
    arrays += [("ids", "I64", [ROWS], ids)] if ids else []
    select_oracle.write_safetensors(path, arrays)


class Select(unittest.TestCase):
    def setUp(self):
        self.learner = embeddings(6, 1)
        self.reference = embeddings(4, 2)

    def call(self, **given):
        given = {"count": 8, **LEARNER, **REFERENCE} | given
        return torch.ops.jest.select(*self.learner, *self.reference, **given)

    def oracle(self, ids=None, **given):
        with tempfile.TemporaryDirectory(prefix="jest-operators-") as folder:
            paths = [f"{folder}/{name}" for name in ("learner", "reference")]
            store(paths[0], self.learner, *LEARNER.values(), ids)
            store(paths[1], self.reference, *REFERENCE.values(), ids)
            return select_oracle.select(*paths, count=8, **given)

    def agree(self, got, want):
        self.assertEqual(got[0].tolist(), want["indices"])
        torch.testing.assert_close(got[1], torch.tensor(want["scores"], dtype=torch.float64),
                                   rtol=1e-9, atol=1e-9)

    def test_picks_are_those_of_the_oracle(self):
        for number, preset in enumerate(("joint", "independent", "topk", "mean-field", "greedy",
                                         "uniform")):
            for contrast in ("sigmoid", "softmax"):
                with self.subTest(preset=preset, contrast=contrast):
                    shared = {"preset": preset, "gain": 3.0, "seed": number, "step": 5,
                              "chunks": 3 if preset == "joint" else None}
                    got = self.call(contrast=contrast, backend="eigen", **shared)
                    self.agree(got, self.oracle(criterion=contrast, **shared))
                    self.assertEqual((got[0].dtype, got[1].dtype), (torch.int64, torch.float64))

    def test_ids_interaction_and_weights(self):
        ids = random.Random(3).sample(range(10**12), ROWS)
        self.agree(self.call(ids=torch.tensor(ids), interaction=-0.5, backend="eigen"),
                   self.oracle(ids=ids, interaction=-0.5))
        self.agree(self.call(reference_weight=0.0, backend="eigen"),
                   self.oracle(score="hard-learner"))

    def test_a_seed_is_unsigned_bits(self):
        self.agree(self.call(seed=-1, backend="eigen"), self.oracle(seed=2**64 - 1))

    def test_models_without_weight_may_be_none(self):
        got = torch.ops.jest.select(*self.learner, count=8, reference_weight=0.0, **LEARNER)
        self.assertEqual(got[0].tolist(), self.call(reference_weight=0.0)[0].tolist())
        got = torch.ops.jest.select(None, None, *self.reference, count=8, learner_weight=0.0,
                                    **REFERENCE)
        self.assertEqual(got[0].tolist(), self.call(learner_weight=0.0)[0].tolist())

    def test_opcheck(self):
        operator = torch.ops.jest.select.default
        some = {"count": 8, **LEARNER}
        both = (*self.learner, *self.reference)
        torch.library.opcheck(operator, both, some | {"chunks": 2, "seed": 9})
        torch.library.opcheck(operator, (*both, torch.arange(ROWS)), some | {"contrast": "softmax"})
        torch.library.opcheck(operator, tuple(self.learner),
                              some | {"reference_weight": 0.0, "preset": "greedy"})
        trained = [side.clone().requires_grad_() for side in both]
        # The fourth check differentiates the sum of all answers, and positions have no gradient.
        torch.library.opcheck(operator, trained, some, test_utils=(
            "test_schema", "test_autograd_registration", "test_faketensor"))

    def test_a_compiled_graph_serves_every_step_and_seed(self):
        graphs = []

        def count_graphs(graph, _):
            graphs.append(graph)
            return graph.forward

        torch._dynamo.reset()
        compiled = torch.compile(lambda step: self.call(step=step, seed=3 * step + 1),
                                 fullgraph=True, backend=count_graphs)
        for step in range(50):
            got, want = compiled(step), self.call(step=step, seed=3 * step + 1)
            self.assertEqual(got[0].tolist(), want[0].tolist())
            self.assertEqual(got[1].tolist(), want[1].tolist())
        self.assertLessEqual(len(graphs), 3)

    def test_shapes_are_known_without_values(self):
        with FakeTensorMode() as mode:
            fake = [mode.from_tensor(side) for side in self.learner]
            indices, scores = torch.ops.jest.select(*fake, count=8, reference_weight=0.0)
        self.assertEqual((indices.shape, indices.dtype), ((8,), torch.int64))
        self.assertEqual((scores.shape, scores.dtype), ((8,), torch.float64))
        meta = [side.to("meta") for side in self.learner]
        self.assertEqual(torch.ops.jest.select(*meta, count=8, reference_weight=0.0)[0].device.type,
                         "meta")

    def test_refusals_are_one_line(self):
        for given, mention in (({"count": ROWS + 1}, "count between 1 and the 24"),
                               ({"preset": "best"}, "joint, independent"),
                               ({"contrast": "cosine"}, "sigmoid, softmax"),
                               ({"step": -1}, "step between 0"),
                               ({"ids": torch.zeros(ROWS, dtype=torch.int64)}, "distinct ids"),
                               ({"learner_scale": -1.0}, "logit scale > 0")):
            with self.subTest(given):
                with self.assertRaisesRegex(RuntimeError, mention) as caught:
                    self.call(**given)
                self.assertNotIn("\n", str(caught.exception))

    def test_cuda_tensors_give_the_picks_of_the_host(self):
        if not torch.cuda.is_available():
            self.skipTest("no CUDA device on this machine")
        want = self.call(gain=3.0, backend="eigen")[0].tolist()
        self.learner = [side.cuda() for side in self.learner]
        self.reference = [side.cuda() for side in self.reference]
        got = self.call(gain=3.0)
        self.assertEqual(got[0].device.type, "cuda")
        self.assertEqual(got[0].tolist(), want)


def select_as_rank(library, folder, rank, size):
    """One process of several: selects from its rows, by the group that torch.distributed made."""
    torch.ops.load_library(library)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank,
                                         world_size=size)
    first, last = rank * ROWS // size, (rank + 1) * ROWS // size
    learner, reference = embeddings(6, 1), embeddings(4, 2)
    picks, scores = torch.ops.jest.select_sharded(
        *(side[first:last] for side in learner), *(side[first:last] for side in reference),
        count=8, gain=3.0, seed=4, step=5, first=first, total=ROWS, **LEARNER, **REFERENCE)
    torch.save((picks, scores), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@unittest.skipUnless(torch.distributed.is_available(), "torch without torch.distributed")
class SelectSharded(unittest.TestCase):
    setUp, call = Select.setUp, Select.call

    def test_every_rank_gets_the_picks_of_one_process(self):
        want = self.call(gain=3.0, seed=4, step=5)
        with tempfile.TemporaryDirectory(prefix="jest-operators-") as folder:
            ranks = [subprocess.Popen([sys.executable, __file__, LIBRARY, "--rank", folder, str(rank), "3"])
                     for rank in range(3)]
            self.assertEqual([rank.wait(timeout=100) for rank in ranks], [0, 0, 0])
            for rank in range(3):
                picks, scores = torch.load(f"{folder}/{rank}.pt")
                self.assertTrue(torch.equal(picks, want[0]))
                self.assertTrue(torch.equal(scores, want[1]))

    def test_a_group_that_is_none_is_refused(self):
        with self.assertRaisesRegex(RuntimeError, "the name of a process group"):
            torch.ops.jest.select_sharded(*self.learner, *self.reference, count=8, first=0, total=ROWS,
                                          group="none", **LEARNER, **REFERENCE)

    def test_shapes_are_known_without_values(self):
        with FakeTensorMode() as mode:
            sides = [mode.from_tensor(side) for side in self.learner + self.reference]
            picks, scores = torch.ops.jest.select_sharded(*sides, count=8, first=0, total=ROWS)
        self.assertEqual((list(picks.shape), picks.dtype, scores.dtype), ([8], torch.int64, torch.float64))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    LIBRARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    if sys.argv[1:2] == ["--rank"]:
        select_as_rank(LIBRARY, sys.argv[2], *map(int, sys.argv[3:]))
        sys.exit()
    torch.ops.load_library(LIBRARY)
    unittest.main(verbosity=2)
