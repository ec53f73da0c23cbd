#!/usr/bin/env python3
"""jest-select on files of others: NumPy's, half precision, several files, losses, uids, answers,
calibration. Usage: select_cached_test.py JEST_SELECT"""

import json
import math
import os
import random
import struct
import subprocess
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from npy_files import npy, read_npy, rounded
import select_cases
from select_cases import Case, main, run, unit_rows

def hash_id(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value >> 1


class Cached(Case):
    rows, width = 40, 6

    def setUp(self):
        super().setUp()
        self.sides = {f"{model}-{side}": unit_rows(self.rows, self.width, self.generator)
                      for model in ("learner", "reference") for side in "xy"}
        self.scales = ["--learner-scale", "10", "--learner-bias", "-4",
                       "--reference-scale", "12", "--reference-bias", "-14"]

    def put(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def answer(self, *words, count=8):
        got = run("--count", count, *words)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        return json.loads(got.stdout)

    def refused(self, words, *expected):
        got = run("--count", 8, *words)
        with self.subTest(words=words):
            self.assertEqual((got.returncode, got.stdout, got.stderr.count("\n")), (1, "", 1), got.stderr)
            for part in expected:
                self.assertIn(part, got.stderr)

    def matrices(self, dtype, values=None):
        """Options that name a .npy a side."""
        words = []
        for name, side in self.sides.items():
            content = npy(dtype, [self.rows, self.width], (values or side) if name == "" else side)
            words += [f"--{name}", self.put(f"{name}-{dtype}.npy", content)]
        return words

    def stored(self):
        """The same in safetensors, with scale and bias."""
        words = []
        for model, scale, bias in (("learner", 10.0, -4.0), ("reference", 12.0, -14.0)):
            shape = [self.rows, self.width]
            words += ["--" + model, self.write(model, [
                ("x", "F32", shape, self.sides[model + "-x"]),
                ("y", "F32", shape, self.sides[model + "-y"]),
                ("scale", "F32", [], [scale]), ("bias", "F32", [], [bias])])]
        return words


class Files(Cached):
    def test_npy_is_read_as_safetensors_are(self):
        expected = self.answer(*self.stored())
        for dtype in ("F32", "F64"):
            got = self.answer(*self.matrices(dtype), *self.scales)
            self.assertEqual((got["indices"], got["scores"]), (expected["indices"], expected["scores"]))
        for version in (1, 2, 3):
            words = list(self.scales)
            for name, side in self.sides.items():
                content = npy("F32", [self.rows, self.width], side, version=version)
                words += [f"--{name}", self.put(f"{name}-v{version}.npy", content)]
            self.assertEqual(self.answer(*words)["scores"], expected["scores"])

    def test_half_precision_is_the_rounded_numbers(self):
        special = [6e-8, -3.1e-5, 0.0, 65504.0, 2.0**-14, -0.1]  # subnormal, largest, least normal
        self.sides["learner-x"][:len(special)] = special
        for dtype in ("F16", "BF16"):
            half = self.answer(*self.matrices(dtype), *self.scales)
            whole, self.sides = self.sides, {
                name: [rounded(dtype, value) for value in side] for name, side in self.sides.items()}
            expected = self.answer(*self.matrices("F32"), *self.scales)
            self.sides = whole
            self.assertEqual((half["indices"], half["scores"]),
                             (expected["indices"], expected["scores"]))

    def test_several_files_are_rows_in_order(self):
        expected = self.answer(*self.stored())
        words = list(self.scales)
        for name, side in self.sides.items():
            words.append("--" + name)
            for part, (first, last) in enumerate(((0, 11), (11, 12), (12, 40))):
                rows = side[first * self.width:last * self.width]
                words.append(self.put(f"{name}-{part}.npy", npy("F32", [last - first, self.width], rows)))
        self.assertEqual(self.answer(*words)["scores"], expected["scores"])

    def test_folders_of_clip_retrieval(self):
        expected = self.answer(*self.stored())
        words = list(self.scales)
        for model in ("learner", "reference"):
            for side, name in (("x", "img_emb"), ("y", "text_emb")):
                values = self.sides[f"{model}-{side}"]
                for part in range(20):  # 10 comes after 9
                    rows = values[2 * part * self.width:2 * (part + 1) * self.width]
                    self.put(f"clip-{model}/{name}/{name}_{part}.npy", npy("F32", [2, self.width], rows))
            words += ["--" + model, self.path("clip-" + model)]
        self.assertEqual(self.answer(*words)["scores"], expected["scores"])
        os.rename(self.path("clip-learner/text_emb/text_emb_19.npy"),
                  self.path("clip-learner/text_emb/text_emb_20.npy"))
        self.refused(words, "all of text_emb_0.npy to text_emb_20.npy", "20 of them")
        for part in range(20):
            name = f"text_emb/text_emb_{part + (part == 19)}.npy"
            os.rename(self.path("clip-learner/" + name), self.path(f"clip-learner/text_emb/t_{part}.npy"))
        for part in range(20):
            os.rename(self.path(f"clip-learner/text_emb/t_{part}.npy"),
                      self.path(f"clip-learner/text_emb/text_emb_{part + 1}.npy"))
        self.refused(words, "the same numbers", "0 to 19 and 1 to 20")
        os.rename(self.path("clip-learner/text_emb/text_emb_2.npy"),
                  self.path("clip-learner/text_emb/text_emb_01.npy"))
        self.refused(words, "one file of number 1")
        self.refused(["--score", "hard-learner", "--learner", self.folder.name], "img_emb and text_emb")

    def test_names_of_arrays(self):
        expected = self.answer(*self.stored())
        words = ["--names", "x=image_embeds,y=text_embeds,scale=t", *self.stored()]
        self.refused(words, "image_embeds", "x F32 [40, 6]")  # says what there is
        shape = [self.rows, self.width]
        for model, scale, bias in (("learner", 10.0, -4.0), ("reference", 12.0, -14.0)):
            self.write(model, [("image_embeds", "F32", shape, self.sides[model + "-x"]),
                               ("text_embeds", "F32", shape, self.sides[model + "-y"]),
                               ("t", "F32", [], [scale]), ("bias", "F32", [], [bias])])
        self.assertEqual(self.answer(*words)["scores"], expected["scores"])
        self.refused(["--names", "x=a,x=b", *words[2:]], "a role once")
        for bad in ("z=1", "x", "x=", "x=a,,y=b"):
            self.refused(["--names", bad, *words[2:]], "--names", "ROLE=NAME")

    def test_sides_of_one_model_agree(self):
        shape, words = [self.rows, self.width], []
        ids = list(range(100, 100 + self.rows))
        for side in "xy":
            words += [f"--learner-{side}", self.write(side, [
                (side, "F32", shape, self.sides["learner-" + side]), ("ids", "I64", [self.rows], ids),
                ("scale", "F32", [], [10.0]), ("bias", "F32", [], [-4.0])])]
        words += ["--score", "hard-learner"]
        self.answer(*words)
        self.write("y", [("y", "F32", shape, self.sides["learner-y"]), ("ids", "I64", [self.rows], ids[::-1])])
        self.refused(words, "ids", "beside x")
        self.write("y", [("y", "F32", shape, self.sides["learner-y"]), ("scale", "F32", [], [11.0])])
        self.refused(words, "the scale of the file before, 10")

    def test_options_without_a_use_are_refused(self):
        stored, losses = self.stored(), self.put("l.npy", npy("F32", [self.rows], range(self.rows)))
        both = ["--learner-losses", losses, "--reference-losses", losses]
        self.refused([*both, "--learner-scale", "3"], "--learner-scale")
        self.refused([*both, "--reference-curated", stored[1]], "--reference-curated")
        self.refused([*stored, "--score", "hard-learner", "--reference-bias=-1"], "--reference-bias")
        got = run("--count", 8, "calibrate", "--embeddings", stored[1])
        self.assertIn("--count before it", got.stderr)

    def test_losses(self):
        losses = {model: [self.generator.uniform(0, 4) for _ in range(self.rows)]
                  for model in ("learner", "reference")}
        words = [word for model in losses for word in (
            f"--{model}-losses", self.put(model + ".npy", npy("F32", [self.rows], losses[model])))]
        got = self.answer(*words, "--preset", "topk")
        learnability = [a - b for a, b in zip(losses["learner"], losses["reference"])]
        best = sorted(range(self.rows), key=lambda k: -learnability[k])[:8]
        self.assertEqual(got["indices"], best)
        for score, k in zip(got["scores"], best):
            self.assertTrue(math.isclose(score, learnability[k], abs_tol=1e-6))
        self.refused([*words[:2], *self.stored()[2:]], "losses of both")

    def test_bad_files(self):
        good = self.matrices("F32") + self.scales
        shape = [self.rows, self.width]
        values = self.sides["learner-x"]
        whole = npy("F32", shape, values)
        bad = self.put("bad.npy", b"")
        words = [bad if word == self.path("learner-x-F32.npy") else word for word in good]
        for length in [*range(0, 130, 5), len(whole) - 1]:
            self.put("bad.npy", whole[:length])
            self.refused(words, bad)
        for content, said in (
                (whole + b"\0", "961 bytes"),
                (npy("F32", shape, values, order=True), "Fortran"),
                (npy("F32", shape, values, descr=">f4"), ">f4"),
                (npy("F32", shape, values, descr="|O"), "|O"),
                (npy("F32", [self.rows * self.width], values), "F32 [240]"),
                (npy("I32", shape, [1] * 240), "I32 [40, 6]"),
                (npy("F32", [30, 8], values), "x [30, 8] and y [40, 6]"),
                (whole.replace(b"'shape'", b"'shaqe'"), "NumPy"),
                (whole.replace(b"(40, 6)", b"(-4, 6)"), "NumPy"),
                (whole[:6] + b"\x09" + whole[7:], "version 9")):
            self.put("bad.npy", content)
            self.refused(words, said)
        self.refused(good[:-8], "--learner-scale", "calibrate")


class Ids(Cached):
    def test_uids_are_hashed_and_answered_sorted(self):
        uids = [(self.generator.getrandbits(64), self.generator.getrandbits(64))
                for _ in range(self.rows)]
        digits = [f"{high:016x}{low:016x}" for high, low in uids]
        numbers = self.put("ids.npy", npy("I64", [self.rows], [hash_id(name) for name in digits]))
        gain = ("--gain", 1)  # noise, and so ids, decide
        expected = self.answer(*self.stored(), *gain, "--ids", numbers)
        self.assertNotEqual(expected["indices"], self.answer(*self.stored(), *gain)["indices"])
        words = self.put("uids.npy", npy("UIDS", [self.rows], [word for uid in uids for word in uid]))
        text = self.put("hex.npy", npy("HEX", [self.rows], digits))
        for path in (words, text):
            self.assertEqual(self.answer(*self.stored(), *gain, "--ids", path)["indices"],
                             expected["indices"])
            out = self.path("picked.npy")
            got = run("--count", 8, *self.stored(), *gain, "--ids", path, "--answer", "uids", "--out", out)
            self.assertEqual((got.returncode, got.stdout, got.stderr), (0, "", ""))
            descr, shape, content = read_npy(out)
            self.assertEqual((descr, shape), ([("f0", "<u8"), ("f1", "<u8")], (8,)))
            halves = struct.unpack("<16Q", content)
            self.assertEqual(list(zip(halves[::2], halves[1::2])),
                             sorted(uids[k] for k in expected["indices"]))
        uids_out = ["--answer", "uids", "--out", self.path("u.npy")]
        self.refused([*self.stored(), *uids_out], "128-bit uids")
        self.refused([*self.stored(), "--ids", words, *uids_out, "--steps", "0:2"], "one step")
        self.put("hex.npy", npy("HEX", [self.rows], ["x" * 32] * self.rows))
        self.refused([*self.stored(), "--ids", text], "hexadecimal")
        self.put("ids.npy", npy("I64", [39], range(39)))
        self.refused([*self.stored(), "--ids", numbers], "40 ids", "39")


class Answers(Cached):
    def test_of_many_steps_are_those_of_each(self):
        words = self.stored()
        got = run("--count", 8, *words, "--steps", "3:7")
        lines = [json.loads(line) for line in got.stdout.splitlines()]
        self.assertEqual([line["step"] for line in lines], [3, 4, 5, 6])
        for line in lines:
            single = self.answer(*words, "--step", line["step"])
            self.assertEqual((line["indices"], line["scores"]), (single["indices"], single["scores"]))
        out = self.path("positions.npy")
        run("--count", 8, *words, "--steps", "3:7", "--answer", "positions", "--out", out)
        descr, shape, content = read_npy(out)
        self.assertEqual((descr, shape), ("<i8", (4, 8)))
        self.assertEqual(list(struct.unpack("<32q", content)),
                         [k for line in lines for k in line["indices"]])
        run("--count", 8, *words, "--step", 5, "--answer", "positions", "--out", out)
        self.assertEqual(read_npy(out)[1:], ((8,), struct.pack("<8q", *lines[2]["indices"])))
        self.refused([*words, "--answer", "positions"], "--out")
        for bad in ("3", "3:3", "4:3", "-1:2", "a:b", "0:4294967297", "1:2:3"):
            self.refused([*words, "--steps=" + bad], "--steps")
        self.refused([*words, "--steps", "0:2", "--step", "1"], "both")


class Calibration(Cached):
    """Pairs as a model without a sigmoid loss embeds them: all cosines lie close together."""
    rows, width = 200, 8

    def setUp(self):
        super().setUp()
        generator = random.Random(3)
        self.matched = set(generator.sample(range(self.rows), 40))
        common = [generator.gauss(0, 1) for _ in range(self.width)]
        sides = {"x": [], "y": []}
        for row in range(self.rows):
            own = [generator.gauss(0, 0.5) for _ in range(self.width)]
            other = own if row in self.matched else [generator.gauss(0, 0.5) for _ in own]
            for side, part in (("x", own), ("y", other)):
                values = [2 * a + b + generator.gauss(0, 0.02) for a, b in zip(common, part)]
                norm = math.sqrt(sum(value * value for value in values))
                sides[side] += [value / norm for value in values]
        self.words = [word for side in "xy" for word in (f"--reference-{side}", self.put(
            f"pool-{side}.npy", npy("F32", [self.rows, self.width], sides[side])))]
        self.words += ["--score", "easy-reference"]
        curated = sorted(self.matched)[:20]
        self.fit = [word for side in "xy" for word in (f"--embeddings-{side}", self.put(
            f"curated-{side}.npy", npy("F32", [20, self.width], [
                value for row in curated
                for value in sides[side][row * self.width:(row + 1) * self.width]])))]

    def picked(self, scale, bias):
        got = run("--count", 20, *self.words, "--reference-scale", scale, f"--reference-bias={bias}")
        self.assertEqual(got.returncode, 0, got.stderr)
        return len(self.matched & set(json.loads(got.stdout)["indices"])), got.stderr

    def test_a_fit_finds_the_pairs_that_match_and_without_one_there_is_a_warning(self):
        got = run("calibrate", *self.fit)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        fit = json.loads(got.stdout)
        self.assertEqual(fit["pairs"], 20)
        matched, said = self.picked(fit["scale"], fit["bias"])
        self.assertEqual(said, "")
        self.assertGreaterEqual(matched, 19)
        matched, said = self.picked(100, -10)
        self.assertLess(matched, 15)
        self.assertIn("calibrate", said)
        self.assertIn("cannot tell", said)
        of_five = json.loads(run("calibrate", *self.fit, "--batch", 5).stdout)
        self.assertGreater(of_five["bias"] / of_five["scale"], fit["bias"] / fit["scale"])
        softmax = json.loads(run("calibrate", *self.fit, "--criterion", "softmax").stdout)
        self.assertEqual(softmax["bias"], 0)
        self.assertGreater(softmax["scale"], 1)

    def test_refusals(self):
        for words, said in (([], "--embeddings"), (self.fit[:2], "both sides"),
                            ([*self.fit[:2], "--embeddings-y", self.path("pool-y.npy")], "[20, 8]"),
                            (["--embeddings", self.path("missing")], "missing"),
                            ([*self.fit, "--batch", 1], "--batch: expected at least two pairs, got 1")):
            got = run("calibrate", *words)
            self.assertEqual((got.returncode, got.stderr.count("\n")), (1, 1), got.stderr)
            self.assertIn(said, got.stderr)


class Example(Calibration):
    """examples/filter_embeddings: from folders of .npy to uids."""

    def test_a_fit_finds_the_pairs_that_match_and_without_one_there_is_a_warning(self):
        uids = [[self.generator.getrandbits(64), row] for row in range(self.rows)]
        names = self.put("uids.npy", npy("UIDS", [self.rows], [word for uid in uids for word in uid]))
        for name, words in (("pool", self.words), ("curated", self.fit)):
            for side, path in (("img_emb", words[1]), ("text_emb", words[3])):
                os.makedirs(self.path(f"{name}/{side}"))
                os.rename(path, self.path(f"{name}/{side}/{side}_0.npy"))
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/filter_embeddings")
        done = subprocess.run([script, self.path("pool"), self.path("curated"), names, "20",
                               self.path("picked.npy")], capture_output=True, text=True, check=False,
                              env=dict(os.environ, JEST_SELECT=select_cases.PROGRAM))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        descr, shape, content = read_npy(self.path("picked.npy"))
        self.assertEqual((descr, shape), ([("f0", "<u8"), ("f1", "<u8")], (20,)))
        rows = struct.unpack("<40Q", content)[1::2]
        self.assertGreaterEqual(len(self.matched & set(rows)), 19)

    test_refusals = None


if __name__ == "__main__":
    main()
