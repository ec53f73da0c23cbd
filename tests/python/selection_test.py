#!/usr/bin/env python3
"""Picks of the Python package are those of the oracle, of jest-select and of every kind of array."""

import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

import numpy as np
from cases import LEARNER, PRESETS, REFERENCE, ROWS, embeddings, linear_picks, pairs_files, \
    select_oracle

import jest


class Exported:
    """What offers DLPack and nothing else."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **given):
        return self.array.__dlpack__(**given)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Calibration(unittest.TestCase):
    def test_a_fit_is_the_least_of_the_logistic_loss(self):
        random = np.random.default_rng(4)
        x = random.normal(size=(30, 8)).astype(np.float32)
        y = (x + random.normal(size=(30, 8))).astype(np.float32)
        x, y = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (x, y))
        similarities, target = x.astype(float) @ y.T, np.full((30, 30), 1 / (30 * 29 + 2))
        np.fill_diagonal(target, 31 / 32)

        def loss(scale, bias):
            logits = scale * similarities + bias
            return (np.logaddexp(0, logits) - target * logits).sum()

        scale, bias = jest.fit_scale_and_bias(x, y)
        for move in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)):
            self.assertGreater(loss(scale + move[0], bias + move[1]), loss(scale, bias))
        self.assertEqual(jest.fit_scale_and_bias(x, y, contrast="softmax")[1], 0)
        with self.assertRaisesRegex(jest.Error, "more alike than others"):
            jest.fit_scale_and_bias(x, -y)

    def test_flat_scores_are_told(self):
        losses = np.ones(20, dtype=np.float32)
        flat = jest.select_losses(losses, None, count=4, reference_weight=0)
        self.assertTrue(flat.statistics["is_flat"])
        losses[3] = 2
        self.assertFalse(jest.select_losses(losses, None, count=4,
                                            reference_weight=0).statistics["is_flat"])


class Pairs(unittest.TestCase):
    def setUp(self):
        self.learner, self.reference = embeddings(6, 1), embeddings(4, 2)

    def pick(self, **given):
        return jest.select(*self.learner, *self.reference,
                           **({"count": 8, **LEARNER, **REFERENCE} | given))

    def oracle(self, ids=None, **given):
        with tempfile.TemporaryDirectory(prefix="jest-python-") as folder:
            files = pairs_files(folder, self.learner, self.reference, ids)
            return select_oracle.select(**files, count=8, **given)

    def agree(self, picks, expected):
        self.assertEqual(picks.indices.tolist(), expected["indices"])
        np.testing.assert_allclose(picks.scores, expected["scores"], rtol=1e-9, atol=1e-9)

    def test_picks_are_those_of_the_oracle(self):
        for number, preset in enumerate(PRESETS):
            for contrast in ("sigmoid", "softmax"):
                with self.subTest(preset=preset, contrast=contrast):
                    shared = {"preset": preset, "gain": 3.0, "seed": number, "step": 5,
                              "chunks": 3 if preset == "joint" else None}
                    picks = self.pick(contrast=contrast, backend="eigen", **shared)
                    self.agree(picks, self.oracle(criterion=contrast, **shared))
                    self.assertEqual((picks.indices.dtype, picks.scores.dtype), (np.int64, np.float64))

    def test_ids_interaction_weights_and_unsigned_seeds(self):
        ids = np.random.default_rng(3).permutation(10**12 + np.arange(ROWS))
        self.agree(self.pick(ids=ids, interaction=-0.5, backend="eigen"),
                   self.oracle(ids=ids, interaction=-0.5))
        self.agree(self.pick(reference_weight=0, backend="eigen"), self.oracle(score="hard-learner"))
        self.agree(self.pick(seed=2**64 - 1, backend="eigen"), self.oracle(seed=2**64 - 1))
        self.assertEqual(self.pick(seed=-1).indices.tolist(),
                         self.pick(seed=2**64 - 1).indices.tolist())

    def test_models_without_weight_may_be_none(self):
        alone = jest.select(None, None, *self.reference, count=8, learner_weight=0, **REFERENCE)
        self.assertEqual(alone.indices.tolist(), self.pick(learner_weight=0).indices.tolist())

    def test_backends_and_threads_pick_alike(self):
        picks = self.pick(backend="cpu", threads=2)
        self.assertEqual(picks.indices.tolist(), self.pick(backend="eigen").indices.tolist())
        self.assertEqual(picks.statistics["backend"], "cpu")

    def test_any_memory_of_the_cpu_is_read_in_place(self):
        expected = self.pick().indices.tolist()
        wide = [np.hstack([side, side]) for side in self.learner]
        views = {"rows apart": [side[:, :6] for side in wide],
                 "DLPack": [Exported(side.copy()) for side in self.learner],
                 "buffers": [memoryview(side) for side in self.learner]}
        for side in self.learner:
            side.flags.writeable = False
        views["read-only"] = self.learner
        for kind, sides in views.items():
            with self.subTest(kind):
                picks = jest.select(*sides, *self.reference, count=8, **LEARNER, **REFERENCE)
                self.assertEqual(picks.indices.tolist(), expected)
        large = np.zeros((50_000, 64), dtype=np.float32)
        picks = jest.select(large, large, count=1, reference_weight=0, preset="topk", backend="cpu")
        self.assertLess(picks.statistics["extra_bytes"], large.nbytes)

    def test_picks_are_those_of_jest_select(self):
        program = os.environ.get("JEST_SELECT")
        if not program:
            self.skipTest("JEST_SELECT names no program")
        with tempfile.TemporaryDirectory(prefix="jest-python-") as folder:
            files = pairs_files(folder, self.learner, self.reference)
            done = subprocess.run(
                [program, "--learner", files["learner"], "--reference", files["reference"],
                 "--count", "8", "--seed", "3", "--step", "9"], stdout=subprocess.PIPE, text=True,
                check=True, timeout=60)
        answer, picks = json.loads(done.stdout), self.pick(seed=3, step=9, backend="eigen")
        self.assertEqual(picks.indices.tolist(), answer["indices"])
        # The plain backend's last bits are those of the instructions it was compiled for.
        np.testing.assert_allclose(picks.scores, answer["scores"], rtol=1e-12)

    def test_other_threads_run_meanwhile(self):
        x, y = embeddings(64, 5, rows=8192)
        started, finished = threading.Event(), threading.Event()

        def pick():
            started.set()
            jest.select(x, y, count=2048, chunks=256, reference_weight=0, backend="eigen")
            finished.set()

        thread = threading.Thread(target=pick)
        thread.start()
        started.wait()
        ticks = 0
        while not finished.is_set():
            time.sleep(0.001)
            ticks += 1
        thread.join()
        self.assertGreater(ticks, 10)


class OtherCriteria(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(4)
        self.features = random.normal(size=(ROWS, 5)).astype(np.float32)
        self.direction = random.normal(size=5).astype(np.float32)
        self.losses = random.normal(size=(2, ROWS)).astype(np.float32)
        self.ids = random.permutation(1000 + np.arange(ROWS))

    def cases(self):
        for preset in PRESETS:
            yield {"count": 7, "preset": preset, "chunks": 3 if preset == "joint" else None,
                   "gain": 2.0, "seed": 5, "step": 6, "ids": self.ids}

    def test_losses(self):
        learner, reference = self.losses.astype(np.float64)
        for case in self.cases():
            picks = jest.select_losses(*self.losses, learner_weight=2, **case)
            expected = linear_picks(2 * learner - reference, self.features, 0, **case)
            self.assertEqual(picks.indices.tolist(), expected, case)

    def test_alignment(self):
        added = self.losses[0].astype(np.float64)
        own = 0.3 * (self.features.astype(np.float64) @ self.direction.astype(np.float64)) + added
        for case in self.cases():
            picks = jest.select_aligned(self.features, self.direction, added, step_size=0.3, **case)
            expected = linear_picks(own, self.features, -0.5 * 0.3**2, **case)
            self.assertEqual(picks.indices.tolist(), expected, case)

    def test_diversity(self):
        importance = self.losses[0].astype(np.float64)
        for case in self.cases():
            picks = jest.select_diverse(self.features, importance, strength=0.2, interaction=0.5,
                                        **case)
            expected = linear_picks(importance, self.features, -0.2 * 0.5, **case)
            self.assertEqual(picks.indices.tolist(), expected, case)

    def test_a_cascade_maps_positions_back(self):
        picks = jest.cascade(self.losses[0], 10, lambda kept: jest.select_losses(
            self.losses[1][kept], ids=self.ids[kept], count=4, reference_weight=0, seed=5, step=6),
            self.ids, gain=0.7, seed=5, step=6)
        shared = {"seed": 5, "step": 6}
        kept = linear_picks(-self.losses[0].astype(np.float64), self.features, 0, 10, "independent",
                            gain=0.7, ids=self.ids, first_round=2**32 - 1, **shared)
        second = linear_picks(self.losses[1][kept].astype(np.float64), self.features, 0, 4,
                              ids=self.ids[kept], **shared)
        self.assertEqual(picks.indices.tolist(), [kept[position] for position in second])

    def test_a_cascade_counts_the_candidates_set_aside(self):
        self.losses[0][:3] = np.nan
        picks = jest.cascade(self.losses[0], 10, lambda kept: jest.select_losses(
            self.losses[1][kept], ids=self.ids[kept], count=4, reference_weight=0), self.ids)
        self.assertEqual(picks.statistics["nan_count"], 3)
        self.assertTrue((picks.indices >= 3).all())

    def test_a_cascade_that_keeps_everybody_is_the_second_stage(self):
        def pick(kept):
            return jest.select_losses(self.losses[1][kept], ids=kept, count=4, reference_weight=0)
        self.assertEqual(jest.cascade(self.losses[0], ROWS, pick).indices.tolist(),
                         pick(np.arange(ROWS)).indices.tolist())


if __name__ == "__main__":
    unittest.main(verbosity=2)
