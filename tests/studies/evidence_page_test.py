#!/usr/bin/env python3
"""The page of evidence that studies/study writes, from summaries with known ratios."""

import copy
import json
import pathlib
import shlex
import sys
import tempfile
import unittest
import zlib

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies"))
from pages.evidence_page import page
from pages.summaries import read_summary, shown_command, shown_measures, start_sentences

PARTS = ("learner_training", "learner_scoring", "reference_scoring", "reference_training",
         "pool_embedding")


def run(arm, seed, steps, values, flops):
    return {"arm": arm, "seed": seed, "steps": steps,
            "evaluations": [{"step": steps // 2} | values[0], {"step": steps} | values[-1]],
            "examples_scored": 10 * steps, "flops": dict(zip(PARTS, flops)),
            "seconds": {"train": 1, "evaluate": 99}, "cpu_seconds": steps / 10,
            "picked_tags": [{"ja": 0.5}, {"ja": 0.7}]}


def recall(at_1):
    return {"r_at_1": at_1, "r_at_10": 0.9}


def bits(mean, git):
    return {"bits_per_byte": mean, "bits_per_byte_git": git}


SUMMARY = {
    "command": "jest-train pairs --curated /data/of/me/curated.tsv --out /data/of/me/out --steps 1000",
    "task": "pairs",
    "examples": "pairs",
    "measures": [{"name": "r_at_1", "label": "R@1", "higher_is_better": True},
                 {"name": "r_at_10", "label": "R@10", "higher_is_better": True}],
    "data": {"pool": {"rows": 342113, "tags": {"ja": 0.034}}, "curated": {"rows": 1412},
             "eval": [{"name": "", "rows": 977}], "count": 128, "target_tag": "ja"},
    "reference": recall(0.1),
    "runs": [run("uniform", seed, 1000, [recall(0.55), recall(end)], (600, 0, 0, 0, 0))
             for seed, end in ((1, 0.5), (2, 0.4), (3, 0.6))]
    + [run("cascade:steps=100", seed, 100, [recall(end)], (40, 20, 0, 15, 5))
       for seed, end in ((1, 0.55), (2, 0.45), (3, 0.5))]}

TEXT = SUMMARY | {
    "command": "jest-train text --curated /of/me/curated.safetensors --pool=/of/me/pool.safetensors "
               "--eval /of/me/eval-git.safetensors,/of/me/eval-postgresql.safetensors --out /of/me",
    "task": "text",
    "examples": "rows of text",
    "measures": [{"name": "bits_per_byte", "label": "bits per byte", "higher_is_better": False},
                 {"name": "bits_per_byte_git", "label": "bits per byte, git",
                  "higher_is_better": False}],
    "data": SUMMARY["data"] | {"eval": [{"name": "git", "rows": 1500},
                                        {"name": "postgresql", "rows": 800}]},
    "reference": bits(3.25, 3.5),
    "runs": [run("uniform", seed, 1000, [bits(2.1, 3), bits(end, 3)], (600, 0, 0, 0, 0))
             for seed, end in ((1, 2.25), (2, 2), (3, 2.5))]
    + [run("aligned", seed, 100, [bits(end, 2.75)], (40, 20, 0, 15, 5))
       for seed, end in ((1, 2.25), (2, 2.375), (3, 1.75))]}


def page_of(summary):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        return page("some-recipe", {"title": "A title"}, folder)


class Checksum(unittest.TestCase):
    def test_of_another_content_is_refused(self):
        start = json.dumps(SUMMARY)[:-1] + ","
        whole = f'{start}"crc32":"{zlib.crc32(start.encode()):08x}"}}\n'
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "summary.json"
            path.write_text(whole, encoding="utf-8")
            self.assertEqual(read_summary(folder)["task"], "pairs")
            path.write_text(whole.replace("0.55", "0.45"), encoding="utf-8")
            with self.assertRaisesRegex(SystemExit, "summary.json: expected the content of its crc32"):
                read_summary(folder)


class PageCase(unittest.TestCase):
    def row(self, text, arm):
        line, = [line for line in text.splitlines() if line.startswith(f"| {arm} |")]
        return [cell.strip() for cell in line.strip("|").split("|")][1:]


class Diverged(PageCase):
    """A measure that is NaN is null in a summary."""

    def refused(self, change, *said):
        summary = copy.deepcopy(SUMMARY)
        change(summary)
        with self.assertRaises(SystemExit) as refusal:
            page_of(summary)
        for words in ("summary.json: expected a number as r_at_1 of ", *said):
            self.assertIn(words, str(refusal.exception))

    def test_runs_are_named(self):
        self.refused(lambda summary: summary["runs"][-1]["evaluations"][-1].update(r_at_1=None),
                     "cascade:steps=100, seed 3, step 100, got none")
        self.refused(lambda summary: summary["reference"].update(r_at_1=None), "the reference")

    def test_an_arm_to_compare_with_is_needed(self):
        summary = SUMMARY | {"runs": SUMMARY["runs"][3:]}
        with self.assertRaisesRegex(SystemExit, "expected an arm uniform, got cascade:steps=100$"):
            page_of(summary)


class Pairs(PageCase):
    @classmethod
    def setUpClass(cls):
        cls.text = page_of(SUMMARY)

    def test_an_arm_is_set_against_the_long_uniform_run(self):
        # Reached: .55 and .5 of a median of .5. FLOPs: 600/60, all-in 600/80, seconds 100/10.
        self.assertEqual(self.row(self.text, "`cascade:steps=100`"),
                         ["100", "0.500 (0.450–0.550)", "2 of 3", "10.0", "10.0", "7.5", "10.0",
                          "1,000", "60 %"])
        self.assertEqual(self.row(self.text, "`uniform`")[2:7],
                         ["2 of 3", "1.0", "1.0", "1.0", "1.0"])

    def test_wall_time_is_never_compared(self):
        self.assertEqual(self.row(self.text, "arm")[6], "CPU seconds, times less")
        summary = copy.deepcopy(SUMMARY)
        del summary["runs"][0]["cpu_seconds"]
        self.assertNotIn("seconds", page_of(summary))
        self.assertIn("times are left out", page_of(summary))

    def test_it_says_what_was_measured_on_what(self):
        self.assertIn("Pool 342,113 pairs, of which 3.4 % are useful (ja); curated 1,412; held out "
                      "977. b = 128; seeds 1, 2, 3. The reference by itself: R@1 0.100.", self.text)
        self.assertIn("best evaluation on its way: 0.550 (0.550–0.600).", self.text)
        self.assertEqual(self.row(self.text, "arm")[:3], ["updates", "R@1", "reached"])

    def test_held_out_rows_are_those_that_are_evaluated(self):
        summary = copy.deepcopy(SUMMARY)
        summary["data"]["eval"] = [{"name": "seen", "rows": 42083, "evaluated": 1000},
                                   {"name": "unseen", "rows": 800, "evaluated": 800}]
        self.assertIn("held out seen 1,000 of 42,083, unseen 800. b", page_of(summary))

    def test_an_unknown_cost_of_the_reference_is_called_so(self):
        summary = copy.deepcopy(SUMMARY)
        for one in summary["runs"][3:]:
            one["flops"]["reference_training"] = None
        text = page_of(summary)
        self.assertEqual(self.row(text, "`cascade:steps=100`")[3:7],
                         ["10.0", "10.0", "unknown", "10.0"])
        self.assertEqual(self.row(text, "`uniform`")[3:7], ["1.0", "1.0", "1.0", "1.0"])

    def test_nothing_of_this_machine_is_told(self):
        self.assertNotIn("/data/of/me", self.text)
        self.assertIn("--curated DATA/curated.tsv --out OUT --steps 1000", self.text)


class BitsPerByte(PageCase):
    @classmethod
    def setUpClass(cls):
        cls.text = page_of(TEXT)

    def test_lower_is_better(self):
        # Reached: 2.25 and 1.75 of a median of 2.25.
        self.assertEqual(self.row(self.text, "`aligned`")[:4],
                         ["100", "2.250 (1.750–2.375)", "2.750 (2.750–2.750)", "2 of 3"])
        self.assertEqual(self.row(self.text, "`uniform`")[3], "2 of 3")
        self.assertIn("best evaluation on its way: 2.100 (2.000–2.100).", self.text)

    def test_every_measure_has_a_column(self):
        self.assertEqual(self.row(self.text, "arm")[1:4],
                         ["bits per byte", "bits per byte, git", "reached"])
        self.assertIn("|" + "---|" * 11 + "\n", self.text)
        self.assertNotIn("R@1", self.text)

    def test_it_says_what_was_measured_on_what(self):
        self.assertIn("held out git 1,500, postgresql 800.", self.text)
        self.assertIn("The reference by itself: 3.250 bits per byte; lower is better.", self.text)

    def test_nothing_of_this_machine_is_told(self):
        self.assertNotIn("/of/me", self.text)
        self.assertIn("--curated DATA/curated.safetensors --pool=DATA/pool.safetensors --eval "
                      "DATA/eval-git.safetensors,DATA/eval-postgresql.safetensors --out OUT", self.text)

    def test_how_much_batches_repeat_themselves_has_a_column_where_all_runs_say_it(self):
        summary = copy.deepcopy(TEXT)
        for k, one in enumerate(summary["runs"]):
            one["batches"] = {"near_duplicates": 0.01 * k}
        text = page_of(summary)
        self.assertEqual(self.row(text, "arm")[-2], "near-duplicates in a batch")
        self.assertEqual(self.row(text, "`aligned`")[-2], "4.0 %")
        summary["runs"][0]["batches"] = {}
        self.assertNotIn("near-duplicates", page_of(summary))

    def test_a_uniform_run_as_long_as_the_others_is_not_called_long(self):
        summary = copy.deepcopy(TEXT)
        self.assertIn("what the long uniform run reaches", page_of(summary))
        for one in summary["runs"]:
            one["steps"] = 100
        self.assertIn("what the uniform run reaches", page_of(summary))

    def test_tags_are_left_out_where_there_are_none(self):
        summary = copy.deepcopy(TEXT)
        summary["data"]["target_tag"] = None
        for one in summary["runs"]:
            one["picked_tags"] = []
        text = page_of(summary)
        self.assertIn("Pool 342,113 rows of text; curated", text)
        self.assertNotIn("picked", text)
        self.assertIn("|" + "---|" * 10 + "\n", text)


class Command(unittest.TestCase):
    def shown(self, words):
        return shlex.split(shown_command({"command": words}))

    def test_quoted_arguments_stay_whole(self):
        self.assertEqual(
            self.shown(r"jest-train pairs --pool '/of/me/my pool.tsv' --out '/of/it'\''s me' '' "
                       "'--eval=/of me/a b.tsv,/of me/c.tsv' '--out=/of me' --arms 'oracle:a b'"),
            ["jest-train", "pairs", "--pool", "DATA/my pool.tsv", "--out", "OUT", "",
             "--eval=DATA/a b.tsv,DATA/c.tsv", "--out=OUT", "--arms", "oracle:a b"])

    def test_an_older_command_that_is_no_shells_is_shown(self):
        self.assertEqual(self.shown("jest-train pairs --out /it's/me --steps 3"),
                         ["jest-train", "pairs", "--out", "OUT", "--steps", "3"])

    def test_folders_and_files_of_tokens_are_shown_by_name(self):
        self.assertEqual(
            self.shown("jest-train tokens --curated /of/me/curated --pool /of/me/pool --eval /of/me/eval-a.bin "
                       "/of/me/eval-b.bin --tokenizer /of/me/tokenizer.json --init /of/me/model.safetensors "
                       "--out /of/me"),
            ["jest-train", "tokens", "--curated", "DATA/curated", "--pool", "DATA/pool", "--eval",
             "DATA/eval-a.bin", "DATA/eval-b.bin", "--tokenizer", "DATA/tokenizer.json", "--init", "START",
             "--out", "OUT"])


class Measures(unittest.TestCase):
    def shown(self, *names):
        measures = [{"name": name} for name in names]
        return [measure["name"] for measure in shown_measures({"measures": measures})]

    def test_what_follows_from_another_is_left_out(self):
        self.assertEqual(self.shown("r_at_1", "r_at_1_seen", "r_at_10"), ["r_at_1", "r_at_1_seen"])
        self.assertEqual(self.shown("nats_per_token", "nats_per_token_a", "perplexity", "perplexity_a"),
                         ["nats_per_token", "nats_per_token_a"])
        self.assertEqual(self.shown("nats_per_token", "nats_per_token_a", "perplexity", "bits_per_byte",
                                    "bits_per_byte_a"),
                         ["nats_per_token", "bits_per_byte", "bits_per_byte_a"])


class Start(unittest.TestCase):
    def test_a_page_says_what_arms_start_from(self):
        self.assertEqual(start_sentences({"title": "A title"}), [])
        self.assertIn("from the model of `x/uniform-seed1`", start_sentences({"start": "x/uniform-seed1"})[0])


class Refusals(unittest.TestCase):
    def test_a_summary_without_measures_is_refused(self):
        for field in ("task", "measures"):
            summary = {key: value for key, value in SUMMARY.items() if key != field}
            with self.subTest(field), self.assertRaisesRegex(
                    SystemExit, rf"summary\.json: expected a field {field}, got none of that name"):
                page_of(summary)


if __name__ == "__main__":
    unittest.main()
