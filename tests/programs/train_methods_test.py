#!/usr/bin/env python3
"""Methods by name, each with what sets it apart. Usage: train_methods_test.py JEST_TRAIN"""

import os
import shutil
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
from train_cases import (TINY, FolderCase, execute, finished, folder_of, main, metrics_of, pairs,
                         run_flops, summary_of, tensors)
from train_tasks import train, write_tables

STEPS = TINY["steps"]
COUNT = TINY["count"]
SUPER_BATCH = TINY["super-batch"]
CHUNKS = min(16, COUNT)
OF_PAIRS = ("uniform", "jest", "rho-loss", "active-clip", "acid", "aced", "selective-backprop",
            "infomax", "drrho", "cascade")
LARGE_REFERENCE = {"reference-channels": 4, "reference-hidden": 16}
SMALL_CASCADE = {"cascade-from": 80, "cascade-to": 16}


class MethodCase(FolderCase):
    def train(self, arms, task="images", **given):
        """Runs by arm. Images have the smallest models of those that embed."""
        given = {"arms": ",".join(arms)} | given
        if task == "pairs":
            finished(pairs(self.out, TINY | SMALL_CASCADE | given))
        else:
            finished(train(task, self.out, given))
        return {run["arm"]: run for run in summary_of(self.out)["runs"]}

    def model(self, run):
        return tensors(self.out, folder_of(run), "model.safetensors")

    def metrics(self, run):
        return metrics_of(os.path.join(self.out, folder_of(run)))

    def assert_same_model(self, run, other):
        self.assertTrue(self.model(run) == self.model(other), (run["arm"], other["arm"]))

    def assert_other_model(self, run, other):
        self.assertFalse(self.model(run) == self.model(other), (run["arm"], other["arm"]))


class ModelsThatEmbed(MethodCase):
    def test_all_of_them_run_and_score_what_they_say(self):
        runs = self.train(OF_PAIRS, "pairs")
        self.assertEqual(list(runs), list(OF_PAIRS))
        scored = STEPS * SUPER_BATCH
        for name, run in runs.items():
            self.assertEqual(run["examples_trained"], STEPS * COUNT, name)
            by_learner = {"uniform": 0, "drrho": 0, "cascade": STEPS * 16}.get(name, scored)
            self.assertEqual(run["examples_scored"], by_learner, name)
            without = ("uniform", "selective-backprop", "drrho", "rho-loss", "cascade")
            self.assertEqual(run["flops"]["reference_scoring"] > 0, name not in without, name)
            cached = name in ("rho-loss", "cascade")
            self.assertEqual(run["flops"]["pool_embedding"] > 0, cached, name)
        finished(execute("report", self.out))

    def test_jest_is_joint_with_the_papers_numbers(self):
        written_out = f"joint:chunks={CHUNKS}:interaction=1:gain=100"
        runs = self.train(("jest", written_out, "joint", "jest:gain=1"))
        self.assert_same_model(runs["jest"], runs[written_out])
        self.assert_other_model(runs["jest"], runs["joint"])
        self.assert_other_model(runs["jest"], runs["jest:gain=1"])

    def test_rho_loss_ranks(self):
        runs = self.train(("rho-loss", "rho-loss:gain=3", "independent"))
        self.assert_same_model(runs["rho-loss"], runs["rho-loss:gain=3"])
        self.assert_other_model(runs["rho-loss"], runs["independent"])

    def test_active_clip_scores_with_a_proxy_that_costs_what_the_reference_costs(self):
        runs = self.train(("active-clip", "independent", "uniform"))
        flops = runs["active-clip"]["flops"]
        self.assertLess(flops["reference_scoring"],
                        0.7 * runs["independent"]["flops"]["learner_scoring"])
        self.assertEqual(flops["learner_training"], runs["uniform"]["flops"]["learner_training"])
        scoring_and_training = flops["reference_scoring"] * (1 + 3 * COUNT / SUPER_BATCH)
        self.assertAlmostEqual(flops["learner_scoring"], scoring_and_training,
                               delta=1e-6 * scoring_and_training)
        self.assert_other_model(runs["active-clip"], runs["independent"])

    def test_a_proxy_costs_what_it_costs_whatever_the_reference_and_where_it_selects_alone(self):
        flops = self.train(("active-clip",))["active-clip"]["flops"]
        always = flops["learner_scoring"]
        shutil.rmtree(self.out)
        once = self.train(("active-clip",), **{"select-end": 1})["active-clip"]["flops"]
        self.assertAlmostEqual(once["learner_scoring"], always / STEPS, delta=1e-6 * always)
        shutil.rmtree(self.out)
        large = self.out + "-large"
        self.addCleanup(shutil.rmtree, large, ignore_errors=True)
        finished(train("images", large, {"arms": "uniform"} | LARGE_REFERENCE))
        given = {"reference": os.path.join(large, "reference.safetensors")}
        guided = self.train(("active-clip",), **given)["active-clip"]["flops"]
        self.assertEqual(guided["learner_scoring"], always)
        self.assertGreater(guided["reference_scoring"], flops["reference_scoring"])

    def test_acid_wants_a_large_reference(self):
        runs = self.train(("acid", "jest"), **LARGE_REFERENCE)
        self.assert_same_model(runs["acid"], runs["jest"])
        for arm in ("acid", "aced"):
            done = train("images", self.out + "-small", {"arms": arm})
            self.refused(done, arm, "reference of at least the learner's")

    def test_aced_learns_from_its_teacher_what_acid_does_not(self):
        runs = self.train(("acid", "aced", "aced:distillation=0.5"), **LARGE_REFERENCE)
        self.assert_other_model(runs["acid"], runs["aced"])
        self.assert_other_model(runs["aced"], runs["aced:distillation=0.5"])
        teaching = runs["aced"]["flops"]["learner_training"] - runs["acid"]["flops"]["learner_training"]
        one_forward = runs["acid"]["flops"]["reference_scoring"] * COUNT / SUPER_BATCH
        self.assertAlmostEqual(teaching, one_forward, delta=1e-6 * one_forward)

    def test_selective_backprop_knows_no_reference(self):
        runs = self.train(("selective-backprop", "selective-backprop:rank-power=4",
                           "hard-learner:chunks=1"))
        run = runs["selective-backprop"]
        self.assertEqual(run["flops"]["reference_scoring"], 0)
        self.assertEqual(run["flops"]["reference_training"], 0)
        self.assert_other_model(run, runs["selective-backprop:rank-power=4"])
        self.assert_other_model(run, runs["hard-learner:chunks=1"])

    def test_infomax_without_diversity_is_independent_selection(self):
        plain = "infomax:diversity=0:chunks=1"
        runs = self.train(("infomax:diversity=1", plain, "independent"))
        self.assert_same_model(runs[plain], runs["independent"])
        self.assert_other_model(runs["infomax:diversity=1"], runs["independent"])

    def test_only_arms_by_learnability_stop_where_the_learner_beats_the_reference(self):
        runs = self.train(("joint", "easy-reference", "hard-learner"), **{"select-stop": 1})
        selections = {arm: sum("learnability_picks" in line for line in self.metrics(run))
                      for arm, run in runs.items()}
        self.assertEqual(selections["easy-reference"], STEPS)  # its score is below 0 at once
        self.assertEqual(selections["hard-learner"], STEPS)
        self.assertLessEqual(selections["joint"], STEPS)

    def test_drrho_leaves_nothing_out(self):
        runs = self.train(("drrho", "uniform", "drrho:temperature=0.1"))
        self.assertEqual(runs["drrho"]["picked_tags"], runs["uniform"]["picked_tags"])
        self.assert_other_model(runs["drrho"], runs["uniform"])
        self.assert_other_model(runs["drrho"], runs["drrho:temperature=0.1"])

    def test_numbers_that_are_impossible_are_refused(self):
        for arm in ("drrho:temperature=0", "aced:distillation=-1", "infomax:diversity=x",
                    "selective-backprop:rank-power=inf"):
            done = train("images", self.out, {"arms": arm})
            self.refused(done, arm.split(":")[1].split("=")[0])

    def test_options_of_other_methods_are_refused(self):
        for arm in ("joint:temperature=2", "drrho:distillation=2", "jest:diversity=1"):
            self.refused(train("images", self.out, {"arms": arm}), "options that this method has")
        self.refused(pairs(self.out, TINY | {"arms": "joint:tokens=0.5"}), "tokens")
        for arm in ("uniform:score-prefix=8", "drrho:score-prefix=8"):
            self.refused(train("text", self.out, {"arms": arm}), "options that this method has")

    def test_methods_that_these_models_cannot_follow_are_refused(self):
        for arm in ("greats", "flexi-jest", "rho-1"):
            self.refused(pairs(self.out, TINY | {"arms": arm}), "arms of this command", arm)

    def test_flexi_jest_costs_what_flexi_costs(self):
        written_out = f"flexi:chunks={CHUNKS}:interaction=1:gain=100"
        runs = self.train(("flexi-jest", written_out, "jest", "uniform"), "images")
        self.assert_same_model(runs["flexi-jest"], runs[written_out])
        self.assert_other_model(runs["flexi-jest"], runs["jest"])
        flexi, full, uniform = (run_flops(runs[name]["flops"])
                                for name in ("flexi-jest", "jest", "uniform"))
        self.assertLess(flexi, 0.6 * full)
        self.assertLess(runs["flexi-jest"]["flops"]["learner_training"], uniform)


class LanguageModels(MethodCase):
    def test_greats_ranks_by_gradients_and_knows_no_reference(self):
        runs = self.train(("greats", "greats:gain=7", "greats:interaction=0:step-size=5",
                           "greats:step-size=5", "aligned"), "text")
        self.assertEqual(runs["greats"]["flops"]["reference_scoring"], 0)
        self.assert_same_model(runs["greats"], runs["greats:gain=7"])
        self.assert_other_model(runs["greats"], runs["aligned"])
        self.assert_other_model(runs["greats:step-size=5"], runs["greats:interaction=0:step-size=5"])

    def test_rho_1_trains_on_a_share_of_the_tokens(self):
        runs = self.train(("rho-1", "rho-1:tokens=0.9", "rho-1:tokens=1", "uniform",
                           "independent:tokens=0.5", "independent"), "text",
                          **{"cache-reference": True})
        self.assertEqual(runs["rho-1"]["picked_tags"], runs["uniform"]["picked_tags"])
        self.assert_other_model(runs["rho-1"], runs["uniform"])
        self.assert_other_model(runs["rho-1"], runs["rho-1:tokens=0.9"])
        self.assert_same_model(runs["rho-1:tokens=1"], runs["uniform"])
        self.assert_other_model(runs["independent:tokens=0.5"], runs["independent"])
        # The reference runs forward on what is trained on, though its losses are cached.
        for with_tokens, without in (("rho-1", "uniform"),
                                     ("independent:tokens=0.5", "independent")):
            more, less = (runs[name]["flops"]["learner_training"]
                          for name in (with_tokens, without))
            self.assertGreater(more, less)
            self.assertGreater(runs[with_tokens]["flops"]["reference_training"], 0)
        self.assertEqual(runs["rho-1:tokens=1"]["flops"], runs["uniform"]["flops"])

    def test_drrho_compares_whole_sequences_whatever_scoring_sees(self):
        arm = "drrho:temperature=0.1"
        given = {"cache-reference": True}
        whole = self.train((arm,), "text", **given)[arm]
        model = self.model(whole)
        shutil.rmtree(self.out)
        prefix = self.train((arm,), "text", **given, **{"score-prefix": 8})[arm]
        self.assertTrue(self.model(prefix) == model)
        self.assertEqual(prefix["flops"], whole["flops"])

    def test_language_models_know_what_needs_no_embeddings(self):
        names = ("jest", "rho-loss", "active-clip", "acid", "selective-backprop", "drrho",
                 "cascade")
        runs = self.train(names, "text", **{"reference-width": 4})
        self.assertEqual(list(runs), list(names))
        for arm in ("infomax", "aced", "flexi-jest"):
            self.refused(train("text", self.out + "-other", {"arms": arm}), "arms of this command")


if __name__ == "__main__":
    prepare = train_cases.prepare
    train_cases.prepare = lambda: (prepare(), write_tables())
    main()
