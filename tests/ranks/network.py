#!/usr/bin/env python3
"""Hosts of an emulated network: a namespace each, behind a switch that delays. Needs root, tun and ip.

As a program: milliseconds of one selection by hosts at some delays, written into docs/many-machines.md.
Usage: network.py RANKS_PEER TAPSWITCH
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # it is imported by a test
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "structure"))
from measured import markdown_table, processor, write_measured
from rank_processes import of_rank, variables

DELAYS_MS = (1, 3, 10)
SIZES = (2, 4, 8)
STEPS = 12
WORDS = "--candidates 4096 --count 816 --chunks 16 --width 64 --steps".split() + [STEPS]


def why_not():
    """What is missing for a network, or an empty string."""
    if os.geteuid() != 0:
        return "no root"
    if not shutil.which("ip"):
        return "no ip (iproute2)"
    made = subprocess.run(["ip", "netns", "add", f"jest-{os.getpid()}"], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", f"jest-{os.getpid()}"], capture_output=True, check=False)
    if made.returncode != 0:
        return made.stderr.strip()
    return "" if os.access("/dev/net/tun", os.R_OK | os.W_OK) else "no /dev/net/tun"


class Network:
    """Context: `size` hosts, 10.77.0.1 and on; ranks end with it."""

    def __init__(self, tapswitch, size, delay_ms=0):
        self.spaces = [f"jest-{os.getpid()}-{k}" for k in range(size)]
        self.program, self.delay_us = tapswitch, round(1000 * delay_ms)
        self.ranks = []

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for space in self.spaces:
                subprocess.run(["ip", "netns", "add", space], check=True)
                stack.callback(subprocess.run, ["ip", "netns", "del", space], check=True)
            self.switch = subprocess.Popen([self.program, str(self.delay_us), *self.spaces], text=True,
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            stack.callback(self.switch.communicate)
            stack.callback(self.end_ranks)
            if self.switch.stdout.readline() != "ready\n":
                raise RuntimeError("tapswitch did not start")
            for k, space in enumerate(self.spaces):
                subprocess.run(["ip", "-n", space, "-batch", "-"], text=True, check=True,
                               input=f"link set lo up\naddr add 10.77.0.{k + 1}/24 dev jest0\n"
                                     "link set jest0 mtu 9000 up\n")
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def end_ranks(self):
        for rank in self.ranks:
            rank.kill()
            rank.communicate()

    def tell(self, command):
        self.switch.stdin.write(command + "\n")
        self.switch.stdin.flush()

    def start(self, *command):
        """The command on every host, as rank 0 and on."""
        for k, space in enumerate(self.spaces):
            names = of_rank(k, len(self.spaces)) | {"MASTER_ADDR": "10.77.0.1", "MASTER_PORT": 29500,
                                                    "GLOO_SOCKET_IFNAME": "jest0"}
            self.ranks.append(subprocess.Popen(["ip", "netns", "exec", space, *map(str, command)],
                                               env=variables(**names), text=True, stdout=subprocess.PIPE,
                                               stderr=subprocess.PIPE))
        return self.ranks


def time_selections(tapswitch, peer, size, delay_ms, words):
    """Milliseconds of each selection on the slowest rank, but of the first, and its exchanges."""
    with tempfile.TemporaryDirectory(prefix="jest-ranks-") as folder, \
            Network(tapswitch, size, delay_ms) as network:
        ended = [rank.communicate(timeout=120) for rank in network.start(peer, folder, *words)]
        codes = [rank.returncode for rank in network.ranks]
    if codes != [0] * size:
        raise RuntimeError(f"ranks ended with {codes}: {[said for _, said in ended]}")
    lines = [[line.split() for line in printed.splitlines()] for printed, _ in ended]
    exchanges = {int(line[0]) for rank in lines for line in rank}
    (count,) = exchanges
    return [max(float(line[2]) for line in step) for step in zip(*lines)][1:], count


def main(peer, tapswitch):
    rows = []
    for size in SIZES:
        rows.append([size])
        for delay in (0, *DELAYS_MS):
            times, count = time_selections(tapswitch, peer, size, delay, WORDS)
            rows[-1].append(round(min(times)))
        print(*rows[-1], flush=True)
    waits = [f"{delay} ms ({2 * count * delay})" for delay in DELAYS_MS]
    told = (f"{processor()}, {os.cpu_count()} cores for all ranks; the fastest of {STEPS - 1} selections.\n\n"
            + markdown_table(["R", "no delay", *waits], rows))
    write_measured("docs/many-machines.md", "tests/ranks/network.py", told)


if __name__ == "__main__":
    if len(sys.argv) != 3 or why_not():
        sys.exit(why_not() or __doc__)
    main(*(pathlib.Path(word).resolve() for word in sys.argv[1:]))
