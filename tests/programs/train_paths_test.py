#!/usr/bin/env python3
"""jest-train: names of files and folders as users have them. Usage: train_paths_test.py JEST_TRAIN"""

import json
import os
import shutil
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
from train_cases import (SHORTEST, FolderCase, content_of, execute, finished, main, pairs, path, read,
                         summary_of, write)
from train_tasks import FILES, file_of, train, write_tables

ODD = ("a b", "a,b", "[ab]", "{x}", "a=b", "-a", "it's", '"q"', "new\nline", "tab\tb", "a\\b", "100%",
       "$HOME", "ä", os.fsdecode(b"caf\xe9"))


class OddNames(FolderCase):
    def test_paths_are_taken_as_they_stand(self):
        for name in ODD:
            with self.subTest(name):
                self.addCleanup(shutil.rmtree, path(name), ignore_errors=True)
                os.mkdir(path(name))
                for table in ("curated", "pool", "eval"):
                    shutil.copy(path(table + ".tsv"), path(name))
                given = {f"{table}={name}/{table}.tsv": True for table in ("curated", "pool", "eval")}
                none = dict.fromkeys(("curated", "pool", "eval"))
                out = f"{name}/out"
                finished(pairs(None, SHORTEST | none | given | {f"out={out}": True}, cwd=path()))
                summary = json.loads(read(path(out), "summary.json").decode("utf-8"))
                recorded = os.fsencode(f"{name}/pool.tsv").decode("utf-8", "replace")
                self.assertEqual(summary["data"]["pool"]["path"], recorded)
                finished(execute("report", "--", out, cwd=path()))
                read(path(out), "report.html").decode("utf-8")

    def test_a_report_of_a_folder_that_is_no_utf8_is(self):
        folder = os.fsdecode(os.fsencode(self.out) + b"-\xfc")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        finished(pairs(folder, SHORTEST))
        for here in ([folder], ["."]):
            finished(execute("report", *here, cwd=folder))
            self.assertIn("out-\N{REPLACEMENT CHARACTER}", read(folder, "report.html").decode("utf-8"))

    def test_evaluation_files_are_words_and_name_their_measures(self):
        first, second = (file_of("text", name) for name in FILES["text"][2:])
        odd = path("text", os.fsdecode(b"eval-caf\xe9, far.safetensors"))
        shutil.copy(second, odd)
        finished(train("text", self.out, {"eval": [first, odd], "arms": "uniform", "steps": 1}))
        summary = summary_of(self.out)
        self.assertEqual([one["name"] for one in summary["data"]["eval"]], ["near", "caf\ufffd, far"])
        self.assertIn("bits_per_byte_caf\ufffd, far", summary["runs"][0]["evaluations"][0])
        finished(train("text", self.out, {"eval": [first, odd], "arms": "uniform", "steps": 1,
                                          "resume": True}))

    def test_what_is_looked_up_by_its_name_is_utf8(self):
        self.refused(pairs(self.out, SHORTEST | {"arms": os.fsdecode(b"oracle:\xe9")}), "--arms",
                     "UTF-8")
        self.assertFalse(os.path.exists(self.out))


class EmptyValues(FolderCase):
    def test_no_word_is_taken_for_the_value_of_another(self):
        os.mkdir(self.out)
        without = SHORTEST | {"out": None}
        for words in (["--out=", "--resume"], ["--out=", "--steps", "4"], ["--out="], ["--out", ""],
                      ["--out"], ["--out", "--resume"]):
            with self.subTest(words):
                given = {name: value for name, value in without.items() if name != "steps"}
                self.refused(execute(*train_cases.pairs_arguments(None, given), *words, cwd=self.out),
                             "--out", "expected a value")
                self.assertEqual(os.listdir(self.out), [])

    def test_empty_values_of_any_option(self):
        for name in ("gain", "cascade-gain", "bias", "steps", "arms", "seeds", "interaction", "eval",
                     "reference", "device", "backend", "config", "pool", "reference-dropout"):
            for words in ([f"--{name}", ""], [f"--{name}="]):
                with self.subTest(words):
                    given = SHORTEST | {name: None}
                    self.refused(execute(*train_cases.pairs_arguments(self.out, given), *words),
                                 f"--{name}: expected a value")
        for arms in ("uniform,", ",", "uniform,,joint"):
            self.refused(pairs(self.out, SHORTEST | {"arms": arms}), "--arms")
        self.assertFalse(os.path.exists(self.out))


class NoRegularFiles(FolderCase):
    def test_pipes_devices_and_folders_are_named(self):
        os.mkfifo(path("pipe"))
        self.addCleanup(os.remove, path("pipe"))
        for option in ("curated", "pool", "eval", "reference"):
            for found, said in ((path("pipe"), "a pipe"), ("/dev/null", "a device"),
                                (path(), "a folder")):
                self.refused(pairs(self.out, SHORTEST | {option: found}), "--" + option, found, said)
            self.refused(pairs(self.out, SHORTEST | {option: "a" * 300}), "--" + option, "too long")
        self.assertFalse(os.path.exists(self.out))


class FolderNames(FolderCase):
    def test_those_that_no_folder_can_have_are_refused_first(self):
        tag = "a" * 250
        arm = ":".join(["joint", *["gain=" + "0" * 50 + "1"] * 5])
        for given, said in (({"arms": f"oracle:{tag}"}, "--arms oracle:"), ({"arms": arm}, "--arms joint"),
                            ({"out": path("b" * 256)}, "--out"),
                            ({"out": path(*["b" * 200] * 20)}, "--out")):
            with self.subTest(said):
                self.refused(pairs(self.out, SHORTEST | given), said, "bytes")
        self.assertFalse(os.path.exists(self.out) or os.path.exists(path("b" * 200)))


class FoldersThatAreEmptyToTheirUser(FolderCase):
    def test_what_systems_leave_there_is_nothing(self):
        os.makedirs(os.path.join(self.out, "lost+found"))
        os.chmod(os.path.join(self.out, "lost+found"), 0)
        self.addCleanup(os.chmod, os.path.join(self.out, "lost+found"), 0o700)  # to be removed
        for name in (".DS_Store", ".gitkeep"):
            write(b"", self.out, name)
        finished(pairs(self.out, SHORTEST))
        finished(pairs(self.out, SHORTEST | {"resume": True}))

    def test_what_is_in_the_way_is_named(self):
        os.mkdir(self.out)
        write(b"all of it", self.out, "thesis.txt")
        self.refused(pairs(self.out, SHORTEST), "--out", "holds thesis.txt")
        self.assertEqual(content_of(self.out), {"thesis.txt": b"all of it"})


if __name__ == "__main__":
    prepare = train_cases.prepare
    train_cases.prepare = lambda: (prepare(), write_tables())
    main()
