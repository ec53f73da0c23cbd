#!/usr/bin/env python3
"""jest-train: config files, given references, odd input. Usage: train_inputs_test.py JEST_TRAIN"""

import json
import os
import shutil
import struct
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
from train_cases import (POOL_ROWS, SHORTEST, TINY, FolderCase, UndisturbedCase, changed, execute,
                         finished, main, pairs, path, read, summary_of, tables, tensors, write, write_table)


class ConfigsAndReferences(UndisturbedCase):
    """A config file or a given reference leads where the options alone lead."""

    GIVEN = TINY

    def test_config_file_says_what_options_say(self):
        # Nothing in the file equals its default.
        numbers = {name: value for name, value in TINY.items() if name not in ("arms", "seeds")}
        lines = [f'{name} = "{value}"' for name, value in tables(out=self.out).items()]
        lines += ['arms = ["joint"]', "seeds = [3]"]
        lines += [f"{name} = {value}" for name, value in numbers.items()]
        write("\n".join(lines + [""]).encode(), path("tiny.toml"))
        for where in (["pairs", "--config", path("tiny.toml")],
                      [f"--config={path('tiny.toml')}", "pairs"]):
            finished(execute(*where))
            self.assert_same_result(self.out, self.undisturbed)
            shutil.rmtree(self.out)

    def test_options_override_the_config_file(self):
        write(b"steps = 9\neval-every = 3\n", path("steps.toml"))
        given = {name: value for name, value in TINY.items() if name != "eval-every"}
        given |= {"steps": 5, "reference-steps": 1, "config": path("steps.toml")}
        finished(pairs(self.out, given))
        steps = [entry["step"] for entry in summary_of(self.out)["runs"][0]["evaluations"]]
        self.assertEqual(steps, [3, 5])

    def test_a_given_reference_is_used_and_must_be_given_again(self):
        given = TINY | {"reference": os.path.join(self.undisturbed, "reference.safetensors")}
        finished(pairs(self.out, given))
        self.assertFalse(os.path.exists(os.path.join(self.out, "reference")))
        self.assertTrue(tensors(self.out, "joint-seed3", "model.safetensors") ==
                        tensors(self.undisturbed, "joint-seed3", "model.safetensors"))
        self.refused(pairs(self.out, TINY | {"resume": True}), "reference")

    def test_a_truncated_reference_is_refused(self):
        whole = read(self.undisturbed, "reference.safetensors")
        for size in (0, 4, 100, len(whole) // 2, len(whole) - 1):
            with self.subTest(size):
                write(whole[:size], path("truncated.safetensors"))
                done = pairs(self.out, TINY | {"reference": path("truncated.safetensors")})
                self.refused(done, "truncated.safetensors")
                self.assertFalse(os.path.exists(self.out))


class InitialBias(FolderCase):
    def start(self, **given):
        """The bias after one update that hardly changes anything; and what the run is known by."""
        shutil.rmtree(self.out, ignore_errors=True)
        finished(pairs(self.out, SHORTEST | {"arms": "uniform", "learning-rate": 1e-6} | given))
        layout, content = tensors(self.out, "uniform-seed3", "model.safetensors")
        begin, end = layout["bias"]["data_offsets"]
        known = json.loads(read(self.out, "run.json"))["bias"]
        return struct.unpack("<f", content[begin:end])[0], known

    def test_it_fits_the_batch_unless_given(self):
        for given, wanted in (({"count": 8}, -2), ({"count": 20}, -3), ({"bias": -7.5}, -7.5)):
            with self.subTest(given):
                found, known = self.start(**given)
                self.assertAlmostEqual(found, wanted, places=4)
                self.assertEqual(known, wanted)


class Divergence(FolderCase):
    """A model that gives no numbers is named, not the selection that finds none."""

    FAST = TINY | {"arms": "independent", "learning-rate": 1e30}

    def said(self, given):
        return self.error_line(pairs(self.out, given))

    def test_of_the_reference(self):
        self.assertIn("train the reference: expected a model that gives finite losses",
                      self.said(self.FAST | {"reference-steps": 1}))

    def test_of_a_given_reference(self):
        finished(pairs(self.out, SHORTEST))
        whole = read(self.out, "reference.safetensors")
        shutil.rmtree(self.out)
        nan = struct.pack("<f", float("nan"))
        write(changed(whole, data=lambda numbers: nan * (len(numbers) // 4)),
              path("nan.safetensors"))
        given = TINY | {"reference": path("nan.safetensors")}
        self.refused(pairs(self.out, given), "--reference", "nan.safetensors", "diverged")
        self.assertFalse(os.path.exists(self.out))

    def test_of_a_learner(self):
        finished(pairs(self.out, SHORTEST))
        os.replace(os.path.join(self.out, "reference.safetensors"), path("kept.safetensors"))
        shutil.rmtree(self.out)
        line = self.said(self.FAST | {"reference": path("kept.safetensors")})
        self.assertIn("the learner of independent-seed3: it diverged", line)


class SmallestSets(FolderCase):
    def value(self, **given):
        finished(pairs(self.out, SHORTEST | {"arms": "uniform,joint"} | given))
        return summary_of(self.out)["runs"][1]["evaluations"][-1]

    def test_a_pool_and_curated_examples_of_one_batch(self):
        for count in (4, 1):
            with self.subTest(count):
                write_table("few.tsv", 0, ["target"], count)
                write_table("pool-few.tsv", 1000, ["target"], count)
                self.value(curated=path("few.tsv"), pool=path("pool-few.tsv"), count=count,
                           chunks=count, **{"super-batch": count})
                shutil.rmtree(self.out)
        self.refused(pairs(self.out, SHORTEST | {"curated": path("few.tsv")}), "--curated")

    def test_texts_that_are_all_the_same_find_nobody(self):
        lines = ["id\tx\ty"] + [f"{k}\tone text\tein Text" for k in range(12)]
        write("\n".join(lines).encode() + b"\n", path("same.tsv"))
        value = self.value(eval=path("same.tsv"))
        self.assertEqual((value["r_at_1"], value["r_at_10"]), (0, 0))

    def test_texts_of_symbols_alone_can_find_their_partners(self):
        """Learned by heart from the pool that they are."""
        symbols = ["🎉🎈", "❤️", "?!", "→", "…", "👍🏽", "☀️☀️", "§§"]
        lines = ["id\tx\ty"] + [f"{k}\t{symbol}\t{symbol * 2}" for k, symbol in enumerate(symbols)]
        write("\n".join(lines).encode() + b"\n", path("symbols.tsv"))
        symbols = dict.fromkeys(("curated", "pool", "eval"), path("symbols.tsv"))
        value = self.value(**symbols, count=8, steps=60, **{"super-batch": 8})
        self.assertGreater(value["r_at_1"], 0.9)


class Oddities(FolderCase):
    def test_a_learner_that_diverged_finds_nothing(self):
        done = pairs(self.out, TINY | {"arms": "uniform", "learning-rate": 1e30})
        if done.returncode != 0:
            self.error_line(done)
            return
        summary = summary_of(self.out)
        self.assertLess(summary["reference"]["r_at_1"], 0.5)
        self.assertLess(summary["runs"][0]["evaluations"][-1]["r_at_1"], 0.5)

    def test_tags_are_names_of_nothing_else(self):
        tags = ["step", "/../../escaped"]
        write_table("odd.tsv", 1000, tags, POOL_ROWS)
        self.addCleanup(shutil.rmtree, path("escaped-seed3"), ignore_errors=True)
        done = pairs(self.out, SHORTEST | {"arms": "uniform,oracle:" + tags[1],
                                           "pool": path("odd.tsv")})
        self.assertFalse(os.path.exists(path("escaped-seed3")), "written outside of --out")
        if done.returncode != 0:
            self.error_line(done)
            return
        self.assertEqual(summary_of(self.out)["runs"][0]["picked_tags"][0]["step"], 1)


if __name__ == "__main__":
    main()
