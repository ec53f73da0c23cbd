#!/usr/bin/env python3
"""jest-train labels: results, costs, resuming, refusals. Usage: train_labels_test.py JEST_TRAIN"""

import os
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
from train_cases import (FolderCase, changed, execute, finished, main, metrics_of, read, summary_of,
                         write)
from train_tasks import train, write_images, write_tables


class LabelsCase(FolderCase):
    def summary(self, **given):
        finished(train("labels", self.out, given))
        return summary_of(self.out)


class Results(LabelsCase):
    def test_summary(self):
        arms = "uniform,independent,rho-loss,cascade,hard-learner,oracle:target"
        summary = self.summary(arms=arms)
        self.assertEqual(summary["task"], "labels")
        self.assertIn("most probable", summary["measures"][0].pop("meaning"))
        self.assertEqual(summary["measures"], [
            {"name": "accuracy", "label": "accuracy", "higher_is_better": True}])
        self.assertEqual([run["arm"] for run in summary["runs"]], arms.split(","))
        for run in summary["runs"]:
            for evaluation in run["evaluations"]:
                of_forty = 40 * evaluation["accuracy"]
                self.assertAlmostEqual(of_forty, round(of_forty))
        finished(execute("report", self.out))
        with open(os.path.join(self.out, "report.html"), encoding="utf-8") as page:
            self.assertIn("whose label the model finds most probable", page.read())

    def test_training_learns(self):
        summary = self.summary(arms="uniform", steps=120, **{"learning-rate": 0.01})
        self.assertGreater(summary["runs"][0]["evaluations"][-1]["accuracy"], 0.8)

    def test_scoring_is_paid(self):
        uniform, scored = (run["flops"] for run in self.summary(
            arms="uniform,independent", **{"cache-reference": True})["runs"])
        self.assertAlmostEqual(scored["learner_scoring"] / uniform["learner_training"], 5 / 3)

    def test_samples_show_pictures_and_labels(self):
        self.summary(arms="independent")
        lines = [line for line in metrics_of(os.path.join(self.out, "independent-seed3"))
                 if line["event"] == "samples"]
        self.assertTrue(lines)
        for row in lines[0]["picked"] + lines[0]["passed_over"]:
            self.assertTrue(row["image"].startswith("data:image/bmp;base64,"))
            self.assertIn("BLOCK ROW", row["y"])

    def test_a_given_reference_gives_what_a_trained_one_gave(self):
        self.summary(arms="independent")
        model = read(self.out, "independent-seed3", "model.safetensors")
        reference = train_cases.path("labels-reference.safetensors")
        write(read(self.out, "reference.safetensors"), reference)
        train_cases.shutil.rmtree(self.out)
        self.summary(arms="independent", reference=reference)
        self.assertEqual(model, read(self.out, "independent-seed3", "model.safetensors"))


class Ties(LabelsCase):
    def test_are_no_hits(self):
        """A model of zeros finds all labels equally probable."""
        finished(train("labels", self.out, {"arms": "uniform"}))
        whole = read(self.out, "reference.safetensors")
        train_cases.shutil.rmtree(self.out)
        zeros = train_cases.path("zeros.safetensors")
        write(changed(whole, data=lambda numbers: bytes(len(numbers))), zeros)
        self.assertEqual(self.summary(arms="uniform", reference=zeros)["reference"]["accuracy"], 0)


class Refusals(LabelsCase):
    def expect(self, given, *mentions):
        self.refused(train("labels", self.out, given), *mentions)
        self.assertFalse(os.path.exists(self.out))

    def test_methods_of_pairs_and_sequences(self):
        for arm in ("flexi", "aced", "infomax", "aligned", "rho-1"):
            with self.subTest(arm):
                self.expect({"arms": arm}, "--arms", arm)
        self.expect({"backend": "eigen"}, "--backend")
        self.expect({"channels": 0}, "--channels")

    def test_tables_of_other_labels(self):
        os.makedirs(train_cases.path("other"), exist_ok=True)
        write_images("other/eval.safetensors", 9000, 40)
        names = b"".join(b"OTHER %d\n" % k for k in range(16))
        write(names, train_cases.path("other", "names.txt"))
        self.expect({"eval": train_cases.path("other", "eval.safetensors")},
                    "--eval", "the labels of --pool")

    def test_labels_in_another_order(self):
        os.makedirs(train_cases.path("turned"), exist_ok=True)
        write_images("turned/curated.safetensors", 0, 100)
        names = read(train_cases.path("labels", "names.txt")).splitlines(keepends=True)
        names[2], names[3] = names[3], names[2]
        write(b"".join(names), train_cases.path("turned", "names.txt"))
        line = f"line 3 of names.txt '{names[3].decode().strip()}', got '{names[2].decode().strip()}'"
        self.expect({"curated": train_cases.path("turned", "curated.safetensors")},
                    "--curated", line)

    def test_a_reference_of_another_model(self):
        finished(train("images", self.out, {"arms": "uniform"}))
        reference = train_cases.path("towers.safetensors")
        write(read(self.out, "reference.safetensors"), reference)
        train_cases.shutil.rmtree(self.out)
        self.expect({"reference": reference, "arms": "independent"}, "jest label network 1")


if __name__ == "__main__":
    prepare = train_cases.prepare
    train_cases.prepare = lambda: (prepare(), write_tables())
    main()
