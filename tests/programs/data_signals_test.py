#!/usr/bin/env python3
"""What jest-data leaves when a signal ends it: nothing. Usage: data_signals_test.py JEST_DATA"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
PROGRAM = None


class Signals(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        apt = self.folder / "apt-get"  # stands for one that waits for the network
        apt.write_text("#!/bin/sh\nexec sleep 20\n", encoding="utf-8")
        apt.chmod(0o755)

    def start(self, **more):
        path = os.pathsep.join([str(self.folder), os.environ["PATH"]])
        child = subprocess.Popen([PROGRAM, "fashion-mnist", "--out", self.folder / "out"],
                                 env=dict(os.environ, PATH=path, TMPDIR=str(self.temporary)),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 process_group=0, **more)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.wait)
        self.addCleanup(self.end_group, child.pid)
        while not any(self.temporary.glob("*/*")):
            self.assertIsNone(child.poll())
            time.sleep(0.01)
        return child

    @staticmethod
    def end_group(group):
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def test_no_temporary_folder_is_left(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                child = self.start()
                os.kill(child.pid, number)
                self.assertEqual(child.wait(10), -number)
                self.assertEqual(list(self.temporary.iterdir()), [])

    def test_what_is_ignored_ends_nothing(self):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        child = self.start(restore_signals=False)
        os.kill(child.pid, signal.SIGHUP)
        time.sleep(0.3)
        self.assertIsNone(child.poll())
        self.assertEqual(len(list(self.temporary.iterdir())), 1)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
