#!/usr/bin/env python3
"""jest-train probe: pools of known useful shares, the map, refusals. Usage: train_probe_test.py JEST_TRAIN"""

import json
import os
import random
import struct
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from train_cases import FolderCase, execute, finished, main, made_up_words, path, read, words, write
from train_tasks import SMALL, safetensors, write_images, write_text

WORDS, CURATED, POOL = 40, 800, 2000
SHARES = (0.1, 0.4, 0.8)
# What the estimate may be off by, on sentences of which mismatched ones can be told apart.
BOUND = 0.1
KEPT = ("count", "threads", "reference-steps", "reference-width", "reference-hidden",
        "reference-channels")
GIVEN = {"count": 64, "reference-steps": 200, "learning-rate": 0.01, "threads": 1}


def sentences(generator, rows):
    vocabulary = list(zip(made_up_words(random.Random(5), WORDS), made_up_words(random.Random(6), WORDS)))
    for _ in range(rows):
        chosen = generator.sample(vocabulary, 5)
        yield tuple(" ".join(side) for side in zip(*chosen))


def write_pairs(name, first_id, rows):
    lines = ["id\tx\ty", *(f"{first_id + k}\t{x}\t{y}" for k, (x, y) in enumerate(rows))]
    write("\n".join(lines).encode() + b"\n", path(name))


def prepare():
    if os.path.exists(path("share-0.1.tsv")):
        return
    generator = random.Random(17)
    write_pairs("trusted.tsv", 0, sentences(generator, CURATED))
    for share in SHARES:
        rows = list(sentences(generator, POOL))
        useful = round(share * POOL)
        wrong = [(x, rows[useful + (k + 1) % (POOL - useful)][1])
                 for k, (x, _) in enumerate(rows[useful:])]
        mixed = rows[:useful] + wrong
        generator.shuffle(mixed)
        write_pairs(f"share-{share}.tsv", 10000, mixed)
    write_pairs("repeated.tsv", 10000, list(sentences(generator, 20)) * (POOL // 20))


def probe(out, pool, **given):
    return execute("probe", "pairs", *words({"curated": path("trusted.tsv"), "pool": path(pool),
                                             "out": out} | GIVEN | given))


def point(share, useless, times, name="translations", arm="cascade"):
    return {"set": name, "useless": useless, "share": share, "arm": arm, "filter": 0.95,
            "bound": ">" if times > 1 else "<", "updates": 3 * times, "run_flops": 2 * times,
            "all_in_flops": times}


def write_map(points):
    write(json.dumps({"points": points}).encode(), path("map.json"))
    return path("map.json")


class ProbeCase(FolderCase):
    def setUp(self):
        super().setUp()
        prepare()

    def found(self):
        return json.loads(read(self.out, "probe.json"))

    def lines(self, done):
        text = finished(done).stdout.decode()
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)
        return text


class Estimate(ProbeCase):
    def test_it_grows_with_the_share_and_is_near_it(self):
        estimates = []
        for share in SHARES:
            self.out = path(f"out-{share}")
            finished(probe(self.out, f"share-{share}.tsv"))
            found = self.found()
            self.assertEqual(found["curated_trained"] + found["curated_held_out"], CURATED)
            self.assertAlmostEqual(found["curated_held_out"] / CURATED, 0.2, delta=0.05)
            self.assertEqual(found["pool_rows"], POOL)
            self.assertLessEqual(found["useful_share_low"], found["useful_share"])
            self.assertGreaterEqual(found["useful_share_high"], found["useful_share"])
            estimates.append(found["useful_share"])
        for share, estimate in zip(SHARES, estimates):
            self.assertAlmostEqual(estimate, share, delta=BOUND, msg=estimates)
        self.assertEqual(estimates, sorted(estimates))

    def test_repeated_rows_are_counted_and_pointed_out(self):
        said = self.lines(probe(self.out, "repeated.tsv"))
        self.assertAlmostEqual(self.found()["repeated_share"], 1 - 20 / POOL)
        self.assertIn("Remove them first", said)

    def test_a_config_file_holds_its_options(self):
        write(b"probe-rows = 300\nreference-steps = 1\n", path("probe.toml"))
        given = {name: value for name, value in GIVEN.items() if name != "reference-steps"}
        files = {"curated": path("trusted.tsv"), "pool": path("share-0.4.tsv"), "out": self.out}
        finished(execute("probe", "pairs", "--config", path("probe.toml"), *words(files | given)))
        self.assertEqual(self.found()["pool_rows"], 300)

    def test_fewer_rows_can_be_looked_at(self):
        finished(probe(self.out, "share-0.4.tsv", **{"probe-rows": 300, "reference-steps": 1}))
        self.assertEqual(self.found()["pool_rows"], 300)


class Filter(ProbeCase):
    """What counts of n-grams alone tell, beside a reference that is trained."""

    def write_languages(self, share):
        """Pairs of the wanted pair of languages, and of another one, of other letters."""
        generator = random.Random(share)
        other = [("".join(generator.choices("xyzqvwt", k=6)), "".join(generator.choices("hjcx", k=6)))
                 for _ in range(WORDS)]
        rows = list(sentences(generator, round(share * POOL)))
        for _ in range(POOL - len(rows)):
            chosen = generator.sample(other, 5)
            rows.append(tuple(" ".join(side) for side in zip(*chosen)))
        generator.shuffle(rows)
        write_pairs("languages.tsv", 10000, rows)

    def test_where_letters_tell_filter_once(self):
        self.write_languages(0.1)
        said = self.lines(probe(self.out, "languages.tsv"))
        found = self.found()
        self.assertEqual(found["filter"]["verdict"], "filter once")
        self.assertAlmostEqual(found["filter"]["useful_share"], 0.1, delta=0.03)
        self.assertAlmostEqual(found["filter"]["kept"], 0.09, delta=0.03)
        share = float(said.split("--arms filter:")[1].split(":")[0])
        self.assertTrue(found["filter"]["kept"] <= share <= found["filter"]["kept"] + 0.01)

    def test_counts_of_letters_cannot_see_which_pairs_match(self):
        said = self.lines(probe(self.out, "share-0.1.tsv"))
        self.assertEqual(self.found()["filter"]["verdict"], "counts cannot see it")
        self.assertGreater(self.found()["filter"]["useful_share_low"], 0.5)
        self.assertIn("select online", said)

    def test_a_pool_that_repeats_itself_is_told(self):
        self.write_languages(0.1)
        with open(path("languages.tsv"), encoding="utf-8") as file:
            head, *rows = file.read().splitlines()
        texts = [row.split("\t", 1)[1] for row in rows]
        write("\n".join([head] + [f"{k}\t{texts[k % 400]}" for k in range(POOL)]).encode() + b"\n",
              path("copies.tsv"))
        said = self.lines(probe(self.out, "copies.tsv"))
        self.assertEqual(self.found()["filter"]["verdict"], "repeats itself")
        self.assertIn("would repeat itself", said)

    def test_where_most_is_useful_there_is_little_to_filter(self):
        self.write_languages(0.9)
        self.assertIn("little to filter", self.lines(probe(self.out, "languages.tsv")))

    def test_pictures_are_not_counted(self):
        os.makedirs(path("images"), exist_ok=True)
        write_images("images/many.safetensors", 0, 500)
        write("\n".join(f"BLOCK {k}" for k in range(16)).encode() + b"\n", path("images/names.txt"))
        many = path("images/many.safetensors")
        sizes = {name: value for name, value in SMALL["images"].items() if name in KEPT}
        given = {"curated": many, "pool": many, "out": self.out, "map": path("none")}
        self.assertNotIn("n-grams", finished(execute("probe", "images", *words(sizes | given))).stdout.decode())
        self.assertIsNone(self.found()["filter"])


class Place(ProbeCase):
    def said(self, points, pool="share-0.1.tsv"):
        given = {"map": write_map(points)} if points else {"map": path("no-map.json")}
        return self.lines(probe(self.out, pool, **given))

    def test_without_a_map_nothing_is_predicted(self):
        said = self.said([])
        self.assertIn("nothing is predicted", said)
        self.assertEqual(self.found()["verdicts"], {"other": "open", "mismatched": "open"})
        self.assertEqual(self.found()["places"], [])

    def test_it_takes_the_best_arm_of_each_set_at_the_nearest_share(self):
        points = [point(share, kind, times) for kind in ("other", "mismatched")
                  for share, times in ((1, 0.5), (0.1, 4))]
        points += [point(0.1, "mismatched", 5, "glyphs"), point(0.1, "mismatched", 6, "glyphs", "joint")]
        said = self.said(points)
        self.assertIn("glyphs: >18.0x updates, >12.0x the run's, >6.0x all FLOPs (joint 0.95)", said)
        self.assertIn("losses cannot tell", said)
        self.assertIn("Worth it", said)
        self.assertEqual([(p["set"], p["useless"], p["all_in_flops"]) for p in self.found()["places"]],
                         [("translations", "other", 4), ("glyphs", "mismatched", 6),
                          ("translations", "mismatched", 4)])

    def test_where_uniform_is_cheaper_it_says_so(self):
        said = self.said([point(0.1, kind, 0.4) for kind in ("other", "mismatched")])
        self.assertEqual(said.count("Do not bother"), 2)
        self.assertEqual(self.found()["verdicts"], {"other": "loses", "mismatched": "loses"})

    def test_every_verdict_is_given_somewhere_on_the_map_that_was_measured(self):
        self.assertIn("Worth it", self.lines(probe(self.out, "share-0.1.tsv")))
        self.assertEqual(self.found()["verdicts"], {"other": "open", "mismatched": "pays"})
        self.out = path("mostly-useful")
        self.assertIn("Do not bother", self.lines(probe(self.out, "share-0.8.tsv")))
        self.assertEqual(self.found()["verdicts"], {"other": "loses", "mismatched": "loses"})

    def test_each_kind_of_useless_pairs_has_a_verdict(self):
        said = self.said([point(0.1, "other", 1), point(0.1, "mismatched", 5)])
        self.assertIn("It cannot tell", said)
        self.assertIn("Worth it", said)
        self.assertEqual(self.found()["verdicts"], {"other": "open", "mismatched": "pays"})


class OtherTasks(FolderCase):
    def test_images_and_text_are_probed_too(self):
        for task, make in (("images", write_images), ("text", write_text)):
            os.makedirs(path(task), exist_ok=True)
            make(f"{task}/many.safetensors", 0, 500)
            write("\n".join(f"BLOCK {k}" for k in range(16)).encode() + b"\n", path(task, "names.txt"))
            sizes = {name: value for name, value in SMALL[task].items() if name in KEPT}
            many, out = path(task, "many.safetensors"), path(f"probe-{task}")
            given = {"curated": many, "pool": many, "out": out, "map": path("none")}
            said = finished(execute("probe", task, *words(sizes | given))).stdout.decode()
            self.assertIn("Useful share of the pool: ", said)
            found = json.loads(read(out, "probe.json"))
            self.assertEqual((found["task"], found["pool_rows"]), (task, 500))

    def test_only_equal_bytes_are_repeated_rows(self):
        """In any encoding: what is no UTF-8 differs, too."""
        generator = random.Random(3)
        kinds = [bytes(generator.choices(range(0xC0, 0x100), k=16)) for _ in range(300)]
        data = b"".join(kinds + kinds[:100])
        arrays = {"bytes": ("U8", [400, 16], data),
                  "ids": ("I64", [400], struct.pack("<400q", *range(400)))}
        write(safetensors(arrays), path("latin.safetensors"))
        latin = path("latin.safetensors")
        sizes = {name: value for name, value in SMALL["text"].items() if name in KEPT}
        given = {"curated": latin, "pool": latin, "out": self.out, "map": path("none")}
        finished(execute("probe", "text", *words(sizes | given)))
        self.assertEqual(json.loads(read(self.out, "probe.json"))["repeated_share"], 0.25)

    def test_the_heads_of_a_decoder_concern_the_reference_alone(self):
        os.makedirs(path("decoder"), exist_ok=True)
        write_text("decoder/many.safetensors", 0, 500)
        many = path("decoder", "many.safetensors")
        given = {"curated": many, "pool": many, "out": self.out, "map": path("none"),
                 "model": "decoder", "heads": 3, "reference-hidden": 12, "reference-steps": 2}
        finished(execute("probe", "text", *words(given)))


class Refusals(ProbeCase):
    def test_what_cannot_be_probed(self):
        write(b'{"points": [{"set": "a"}]}', path("damaged.json"))
        write(b"id\tx\ty\n" + b"".join(b"%d\ta b\tc d\n" % k for k in range(70)), path("few.tsv"))
        write_pairs("small.tsv", 0, [("a b", "c d")] * 49)
        for given, said in (({"reference": path("trusted.tsv")}, "--reference"),
                            ({"arms": "joint"}, "--arms"),
                            ({"probe-rows": 10}, "--probe-rows: expected a number of at least 50"),
                            ({"curated": path("absent.tsv")}, "--curated"),
                            ({"curated": path("few.tsv"), "reference-steps": 1},
                             "at least 50 examples in the fifth that is held out"),
                            ({"pool": path("small.tsv"), "count": 8, "reference-steps": 1},
                             "probe --pool: expected at least 50 examples, got 49"),
                            ({"device": "cuda:99"}, "device cuda:99: expected"),
                            ({"map": path("damaged.json"), "reference-steps": 1}, "read map")):
            with self.subTest(said):
                self.out = path("refused-" + "-".join(given))
                done = probe(self.out, **{"pool": path("share-0.4.tsv")} | given)
                self.assertIn(said, self.error_line(done))
                self.assertFalse(os.path.exists(self.out), "a refused probe claims no folder")


if __name__ == "__main__":
    main()
