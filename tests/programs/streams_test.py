#!/usr/bin/env python3
"""What programs do with terminals, full disks and closed streams.
Usage: streams_test.py JEST_TRAIN JEST_SELECT [JEST_DATA] [JEST_BENCH]"""

import fcntl
import hashlib
import json
import os
import pty
import re
import stat
import struct
import subprocess
import sys
import termios

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
import train_cases
from train_cases import (SHORTEST, TINY, FolderCase, finished, main, names_in, pairs, pairs_arguments,
                         path, read, write)

PROGRAMS, BENCH = [], []
LONG = TINY | {"arms": "uniform", "steps": 60, "eval-every": 60, "checkpoint-every": 60}
ESCAPE = re.compile("\x1b\\[[0-9;]*[A-Za-z]")


def run(*command, **more):
    return subprocess.run(command, check=False, timeout=100, **more)


def more(terminal):
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


def screen_of(out, columns, given, **environment):
    """All that a run into a folder writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name != "TERM"}
    with subprocess.Popen([PROGRAMS[0], *pairs_arguments(out, given)], stdin=subprocess.DEVNULL,
                          stdout=theirs, stderr=theirs, env=variables | environment) as child:
        os.close(theirs)
        shown = b"".join(iter(lambda: more(ours), b""))
        os.close(ours)
    assert child.returncode == 0, shown
    return shown.decode("utf-8")  # strict: letters are whole


class FullDisk(FolderCase):
    """An answer that nobody can read is an error, told in one line."""

    def check(self, *command):
        with self.subTest(" ".join(command)), open("/dev/full", "wb") as full:
            done = run(*command, stdout=full, stderr=subprocess.PIPE)
            lines = done.stderr.decode().splitlines()
            name = os.path.basename(command[0])
            self.assertEqual(done.returncode, 1)
            self.assertTrue(lines[-1].startswith(f"{name}: write to standard output: expected"))
            self.assertEqual([line for line in lines if line.startswith(name)], lines[-1:])

    def test_of_help_and_tables(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("this system has no /dev/full")
        for program in PROGRAMS + BENCH:
            self.check(program, "--help")
        for program in PROGRAMS:
            self.check(program, "--version")
        for program in BENCH:
            self.check(program, "--benchmark_list_tests", "--quick")
        train = PROGRAMS[0]
        for command in ("methods", "options"):
            self.check(train, command)
        finished(pairs(self.out, SHORTEST | {"arms": "uniform"}))
        self.check(train, "report", self.out)
        self.check(train, *pairs_arguments(self.out, SHORTEST | {"arms": "uniform", "resume": True}))


class ClosedStreams(FolderCase):
    def test_no_file_takes_the_place_of_a_stream(self):
        finished(pairs(self.out, SHORTEST))
        whole = {name: read(self.out, name) for name in names_in(self.out)}
        for closed in (">&-", "<&- 2>&-", ">&- 2>&-"):
            with self.subTest(closed):
                train_cases.shutil.rmtree(self.out)
                done = run("/bin/sh", "-c", f'exec "$@" {closed}', "sh", PROGRAMS[0],
                           *pairs_arguments(self.out, SHORTEST), stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 0)
                self.assertEqual(names_in(self.out), set(whole))
                for name in whole:
                    if name.endswith(".jsonl"):
                        lines = read(self.out, name).splitlines()
                        self.assertEqual(len(lines), len(whole[name].splitlines()))
                        self.assertTrue(all(json.loads(line)["event"] for line in lines))


class ErrorLines(FolderCase):
    def said(self, *command):
        done = run(*command, capture_output=True)
        self.assertEqual(done.returncode, 1)
        line = done.stderr.decode("utf-8")  # strict
        self.assertEqual(line.count("\n"), 1)
        self.assertTrue(all(letter.isprintable() for letter in line[:-1]), repr(line))
        return line

    def test_they_steer_no_terminal(self):
        odd = os.fsencode(path("\x1b[2J\rcaf")) + b"\xe9\xff\x07" + "\u202e\u2028é語".encode()
        for name, arguments in zip(PROGRAMS, (
                pairs_arguments(self.out, SHORTEST | {"curated": os.fsdecode(odd)}),
                ["--learner", odd, "--reference", odd, "--count", "1"],
                ["translations", "--out", self.out, "--target", odd])):
            with self.subTest(name):
                self.assertIn("\\x1b[2J", self.said(name, *arguments))

    def test_they_quote_files(self):
        write(b"id\x1b[2J\xff\x07\tx\ty\n1\ta\tb\n", path("odd.tsv"))
        arguments = pairs_arguments(self.out, SHORTEST | {"curated": path("odd.tsv")})
        self.assertIn("got id\\x1b[2J\\xff\\x07\\x09x\\x09y", self.said(PROGRAMS[0], *arguments))


class Notes(FolderCase):
    """What a program says while it goes on, and its answer, quote names that steer no terminal either."""

    ODD, SHOWN = "\x1b[2J\x9b1m\u202e", "\\x1b[2J\\u{9b}1m\\u{202e}"

    def said(self, *command):
        """Standard output and error of a program that ends well."""
        done = finished(run(*command, capture_output=True))
        for stream in (done.stdout, done.stderr):
            lines = stream.decode("utf-8").splitlines(keepends=True)
            self.assertTrue(all(line[:-1].isprintable() for line in lines), stream)
        return done.stdout.decode(), done.stderr.decode()

    def given(self):
        content = read(path("pool.tsv")).decode().replace("\ttarget\n", f"\t{self.ODD}\n")
        write(content.encode(), path("odd.tsv"))
        return SHORTEST | {"arms": f"uniform,oracle:{self.ODD}", "pool": path("odd.tsv")}

    def test_of_arms_and_tags(self):
        table, notes = self.said(PROGRAMS[0], *pairs_arguments(self.out, self.given()))
        self.assertIn("oracle:\\x1b[2J\\u{9b}", table)
        self.assertIn("oracle:" + self.SHOWN, notes)

    def test_of_arms_on_a_terminal(self):
        screen = screen_of(self.out, 80, self.given() | {"steps": 30}, TERM="xterm")
        self.assertIn("oracle:\\x1b[2J", screen)
        self.assertTrue(ESCAPE.sub("", screen).replace("\r", "").replace("\n", "").isprintable())
        self.assertNotIn("\x1b[2J", screen)

    def test_of_a_report(self):
        out = path("out" + self.ODD)
        self.addCleanup(train_cases.shutil.rmtree, out)
        finished(pairs(out, SHORTEST | {"arms": "uniform"}))
        self.assertIn(f"out{self.SHOWN}/report.html", self.said(PROGRAMS[0], "report", out)[0])

    def test_of_a_probe(self):
        with open(path("map.json"), "w", encoding="utf-8") as file:
            json.dump({"points": [
                {"set": self.ODD, "useless": kind, "share": 0.5, "arm": self.ODD, "filter": 0.5,
                 "bound": self.ODD, "updates": 2, "run_flops": 2, "all_in_flops": 2}
                for kind in ("other", "mismatched")]}, file)
        train_cases.write_table("probed.tsv", 0, ["target"], 260)
        lines, _ = self.said(PROGRAMS[0], "probe", "pairs", "--curated", path("probed.tsv"), "--pool",
                             path("pool.tsv"), "--out", self.out, "--map", path("map.json"),
                             "--reference-steps", "1", "--count", "16", "--threads", "1")
        self.assertIn(self.SHOWN, lines)

    def test_of_prepared_data(self):
        if len(PROGRAMS) < 3:
            self.skipTest("jest-data is not built")
        out = path("prepared" + self.ODD)
        os.mkdir(out)
        self.addCleanup(train_cases.shutil.rmtree, out)
        empty = {"rows": 1, "sha256": hashlib.sha256().hexdigest(), "tags": {self.ODD: 1}}
        names = ("curated.tsv", "pool.tsv", "eval.tsv")
        for name in names:
            write(b"", out, name)
        version = run(PROGRAMS[2], "--version", capture_output=True).stdout.decode().strip()
        write(json.dumps({
            "command": "jest-data translations --target de --noise 0 --mismatched 0 --seed 0",
            "version": version, "target": "de", "noise": 0.0, "mismatched": 0.0, "seed": 0,
            "files": {name: empty for name in names}}).encode(), out, "manifest.json")
        table, notes = self.said(PROGRAMS[2], "translations", "--out", out, "--target", "de", "--seed",
                                 "0")
        self.assertIn(self.SHOWN, table)
        self.assertIn("prepared" + self.SHOWN, notes)


class Modes(FolderCase):
    def test_of_all_files_are_what_the_umask_leaves(self):
        before = os.umask(0o007)
        self.addCleanup(os.umask, before)
        finished(pairs(self.out, TINY))
        finished(train_cases.execute("report", self.out))
        modes = {name: stat.S_IMODE(os.stat(os.path.join(self.out, name)).st_mode)
                 for name in names_in(self.out)}
        self.assertIn(os.path.join("joint-seed3", "metrics.jsonl"), modes)
        self.assertEqual(set(modes.values()), {0o660}, modes)


class Terminal(FolderCase):
    """The bar of progress, as a terminal is given it."""

    def screen(self, columns, given, **environment):
        train_cases.shutil.rmtree(self.out, ignore_errors=True)
        return screen_of(self.out, columns, given, **environment)

    def bars(self, *screen, **environment):
        parts = re.split("[\r\n]+", ESCAPE.sub("", self.screen(*screen, **environment)))
        return [part for part in parts if "steps/s" in part]

    def test_the_bar_fits(self):
        for columns in (80, 60, 40):
            with self.subTest(columns):
                bars = self.bars(columns, LONG, TERM="xterm")
                self.assertTrue(bars)
                self.assertLess(max(map(len, bars)), columns)
                self.assertEqual("[===" in bars[-1], columns >= 60)

    def test_the_bar_of_a_long_name_fits_and_is_cut_between_letters(self):
        tag = "日本語のタグです日本語のタグです"
        content = read(path("pool.tsv")).decode().replace("\ttarget\n", f"\t{tag}\n")
        write(content.encode(), path("japanese.tsv"))
        given = LONG | {"arms": f"oracle:{tag}", "pool": path("japanese.tsv")}
        bars = [bar for bar in self.bars(80, given, TERM="xterm") if bar.startswith("oracle")]
        self.assertTrue(bars)
        self.assertIn("日", bars[0])
        wide = [sum(1 if letter.isascii() else 2 for letter in bar) for bar in bars]
        self.assertLess(max(wide), 80)

    def test_a_dumb_terminal_and_none_are_given_no_escapes(self):
        for environment in ({"TERM": "dumb"}, {}):
            with self.subTest(environment):
                screen = self.screen(80, LONG, **environment)
                self.assertNotIn("\x1b", screen)
                self.assertNotIn("steps/s", screen)
        done = pairs(self.out, LONG | {"resume": True}, env=dict(os.environ, TERM="xterm"))
        self.assertNotIn(b"\x1b", finished(done).stderr)


if __name__ == "__main__":
    for program in map(os.path.abspath, sys.argv[1:]):
        if os.path.basename(program) != "jest-bench":
            PROGRAMS.append(program)
        elif os.path.exists(program):  # not everybody builds it
            BENCH.append(program)
    del sys.argv[2:]
    main()
