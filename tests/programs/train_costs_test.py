#!/usr/bin/env python3
"""jest-train: what cascades, references and equal compute cost. Usage: train_costs_test.py JEST_TRAIN"""

import html
import os
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from train_cases import (POOL_ROWS, SHORTEST, SIZES, TINY, FolderCase, changed, execute, finished,
                         main, pairs, read, run_flops, summary_of, write)


class Cascades(FolderCase):
    """A cascade, arms with options of their own, and a small reference that learns to reject."""

    def test_costs_and_counts(self):
        guide = {"reference-width": 16, "reference-hidden": 8, "reference-dropout": 0.5,
                 "reference-negatives": 16, "reference-steps": 5}
        arms = "uniform,cascade:steps=6,joint:super-batch=24:steps=4"
        cascade = {"cascade-from": 120, "cascade-to": 16}
        finished(pairs(self.out, SIZES | {"arms": arms, "seeds": 1, "steps": 3} | guide | cascade))
        uniform, cascade, joint = summary_of(self.out)["runs"]
        self.assertEqual([run["steps"] for run in (uniform, cascade, joint)], [3, 6, 4])
        self.assertEqual(cascade["examples_scored"], 16 * 6)  # the learner sees the kept alone
        self.assertEqual(joint["examples_scored"], 24 * 4)
        self.assertEqual(cascade["flops"]["reference_scoring"], 0)
        forward = uniform["flops"]["learner_training"] / (3 * 8 * 3)
        small = cascade["flops"]["pool_embedding"] / POOL_ROWS
        self.assertLess(small, forward / 4)
        self.assertEqual(joint["flops"]["pool_embedding"], 0)  # its reference is run live
        self.assertAlmostEqual(joint["flops"]["reference_scoring"] / (24 * 4 * small), 1)
        # Eight curated pairs and sixteen negatives a step, forward and backward.
        self.assertAlmostEqual(cascade["flops"]["reference_training"] / (5 * 24 * 3 * small), 1)

    def test_dropout_and_negatives_make_another_reference(self):
        seen = set()
        for k, changes in enumerate(({}, {"reference-dropout": 0.5}, {"reference-negatives": 8})):
            out = os.path.join(self.out, str(k))
            finished(pairs(out, TINY | {"arms": "uniform", "steps": 1} | changes))
            with open(os.path.join(out, "reference.safetensors"), "rb") as file:
                seen.add(file.read())
        self.assertEqual(len(seen), 3)


class CachedReference(FolderCase):
    def test_costs_follow_the_method(self):
        finished(pairs(self.out, TINY | {"arms": "uniform,joint,uniform@equal-compute", "steps": 3,
                                         "cache-reference": True}))
        uniform, joint, equal = summary_of(self.out)["runs"]
        training = uniform["flops"]["learner_training"]
        self.assertAlmostEqual(run_flops(joint["flops"]) / training, 8 / 3)
        self.assertEqual(joint["flops"]["reference_scoring"], 0)
        self.assertEqual(equal["steps"], 8)
        self.assertEqual(equal["examples_trained"], 8 * 8)
        self.assertEqual(joint["examples_scored"], 3 * 40)
        forward = training / (3 * uniform["examples_trained"])
        self.assertAlmostEqual(joint["flops"]["pool_embedding"] / (POOL_ROWS * forward), 1)
        self.assertEqual(uniform["flops"]["pool_embedding"], 0)


def without_costs(model):
    """The bytes of a model file whose metadata do not say what training it cost."""
    def forget(metadata):
        for name in ("training_flops", "training_seconds"):
            del metadata[name]
    return changed(model, forget)


class GivenReference(FolderCase):
    def setUp(self):
        super().setUp()
        finished(pairs(os.path.join(self.out, "first"), SHORTEST | {"arms": "uniform"}))
        self.model = read(self.out, "first", "reference.safetensors")

    def run_given(self, model):
        """The folder of a run with this reference."""
        write(model, self.out, "given.safetensors")
        out = os.path.join(self.out, "second")
        finished(pairs(out, SHORTEST | {"arms": "uniform,joint", "reference":
                                        os.path.join(self.out, "given.safetensors")}))
        return out

    def test_a_recorded_cost_is_paid(self):
        first = summary_of(os.path.join(self.out, "first"))["reference"]
        summary = summary_of(self.run_given(self.model))
        self.assertGreater(first["flops"], 0)
        self.assertEqual([summary["reference"][name] for name in ("flops", "seconds")],
                         [first["flops"], first["seconds"]])
        self.assertEqual([run["flops"]["reference_training"] for run in summary["runs"]],
                         [0, first["flops"]])

    def test_an_unknown_cost_is_not_nothing(self):
        out = self.run_given(without_costs(self.model))
        summary = summary_of(out)
        self.assertEqual([summary["reference"][name] for name in ("flops", "seconds")],
                         [None, None])
        self.assertEqual([run["flops"]["reference_training"] for run in summary["runs"]],
                         [0, None])
        finished(execute("report", out))
        page = html.unescape(read(out, "report.html").decode())
        self.assertIn("times uniform's FLOPs, all-in unknown.", page)
        self.assertIn("What its training cost is not recorded.", page)


class EqualCompute(FolderCase):
    def test_a_whole_number_of_steps_is_not_rounded_down(self):
        # Three steps of (3 + 2 B/b) / 3 are 11 exactly at B = 4 b, whatever a forward pass costs.
        # These sizes are such that floating-point sums of FLOPs say a little less.
        finished(pairs(self.out, TINY | {"arms": "uniform@equal-compute", "count": 11,
                                         "super-batch": 44, "steps": 3, "reference-steps": 1}))
        self.assertEqual(summary_of(self.out)["runs"][0]["steps"], 11)


if __name__ == "__main__":
    main()
