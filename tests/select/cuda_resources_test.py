#!/usr/bin/env python3
"""Registers and spills of every kernel of the CUDA backend, as ptxas told them while building.

    cuda_resources_test.py FOLDER ARCHITECTURES

FOLDER holds the objects' .resources files; ARCHITECTURES is CMAKE_CUDA_ARCHITECTURES.
"""

import pathlib
import re
import subprocess
import sys
import unittest

# Own kernels by name, and the most registers a thread may use: 64 leave room for 1024 threads a
# multiprocessor, half of what it can hold.
BUDGET = {
    "AddRowSums<jest::cuda::SoftplusSum>": 40,
    "AddRowSums<jest::cuda::LogSumExp>": 40,
    "PackRows": 48,
    "OwnTerms": 64,
    "MeanOwnTerms": 64,
    "WarpPerRow<jest::cuda::LinearOwnTerms>": 48,
    "WarpPerRow<jest::cuda::AddLinearPairs>": 48,
    "Each<jest::cuda::SumRowGroups>": 48,
    "Each<jest::cuda::AddRowGroups>": 40,
    "Each<jest::cuda::LossTerms>": 40,
    "Each<jest::cuda::ScoreKeys>": 64,
    "Each<jest::cuda::SetParameters>": 40,
    "Each<jest::cuda::KeyIds>": 32,
    "Each<jest::cuda::StartListByPosition>": 32,
    "Each<jest::cuda::StartListById>": 32,
    "Each<jest::cuda::CountEligible>": 32,
    "Each<jest::cuda::ConditionOnAll>": 32,
    "Each<jest::cuda::SplitList>": 32,
    "Each<jest::cuda::TakePicks>": 32,
    "Each<jest::cuda::CloseRound>": 32,
    "Each<jest::cuda::AddPartials>": 40,
    "Each<jest::cuda::AddLogPartials>": 48,
}
LIBRARY_BUDGET = 128  # kernels of CUB
FUSED_BUDGET = 168    # CUTLASS redistributes registers among warp groups at run time
ENTRY = re.compile(r"Compiling entry function '(\S+)' for '(\S+)'.*?(\d+) bytes stack frame, (\d+) "
                   r"bytes spill stores, (\d+) bytes spill loads.*?Used (\d+) registers", re.DOTALL)


def kernels_of(text):
    """(name, architecture, stack, stores, loads, registers) of every entry function."""
    found = [match.groups() for match in ENTRY.finditer(text)]
    names = subprocess.run(["c++filt"], input="\n".join(entry[0] for entry in found), text=True,
                           stdout=subprocess.PIPE, check=True).stdout.split("\n")
    return [(name, entry[1], *map(int, entry[2:])) for name, entry in zip(names, found)]


def own_name(name):
    """The kernel struct of run<...>, or None for a library's kernel."""
    found = re.match(r"void jest::cuda::run<jest::cuda::(.*?)\s?>\(", name)
    return re.sub(r"\s+>", ">", found.group(1)) if found else None


class Resources(unittest.TestCase):
    def test_the_parser_sees_spills(self):
        said = ("ptxas info    : Compiling entry function '_Z1fv' for 'sm_80'\n"
                "    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads\n"
                "ptxas info    : Used 255 registers, used 0 barriers\n")
        self.assertEqual(kernels_of(said), [("f()", "sm_80", 8, 4, 12, 255)])

    def test_no_kernel_spills_or_needs_more_registers_than_its_budget(self):
        for name, architecture, _, stores, loads, registers in KERNELS:
            with self.subTest(kernel=name[:100], architecture=architecture):
                self.assertEqual((stores, loads), (0, 0))
                own = own_name(name)
                fused = "cutlass" in name  # too long a name for some versions of c++filt
                library = FUSED_BUDGET if fused else LIBRARY_BUDGET
                self.assertLessEqual(registers, BUDGET[own] if own else library)

    def test_every_kernel_is_there_for_every_architecture(self):
        seen = {(own_name(name), architecture) for name, architecture, *_ in KERNELS}
        for own in BUDGET:
            for number in ARCHITECTURES:
                self.assertIn((own, f"sm_{number}"), seen)


if __name__ == "__main__":
    FOLDER = pathlib.Path(sys.argv[1])
    ARCHITECTURES = [word.split("-")[0] for word in sys.argv[2].split(";")]
    KERNELS = [kernel for path in sorted(FOLDER.rglob("*.resources"))
               for kernel in kernels_of(path.read_text(encoding="utf-8"))]
    unittest.main(argv=sys.argv[:1], verbosity=2)
