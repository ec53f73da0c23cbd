#!/usr/bin/env python3
"""What a stream capture forbids is in no file that an enqueued selection is made of: allocations, waits,
and launches on no stream. CUDA's programming guide, "Stream capture", lists them."""

import pathlib
import re
import sys
import unittest

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parents[2]
CUDA = ROOT / "src/select/cuda"
# Where `enqueue` begins, and the libraries' doors that it calls by declaration alone.
ENQUEUED = ("selector.cu", "sort.cu", "products.cu", "fused.cu", "cublaslt.cu")
FORBIDDEN = re.compile(
    r"\bcuda(?:Malloc\w*|Free\w*|Host(?:Alloc|Register)|DeviceSynchronize|(?:Stream|Event)(?:Synchronize|Query)"
    r"|Mem(?:cpy|set)(?:\w*(?<!Async))?|MemGetInfo|DeviceReset)\s*\(|\bthrust::")
INCLUDE = re.compile(r'^#include "([\w./]+)"', re.MULTILINE)
LAUNCH = re.compile(r"<<<(.*?)>>>", re.DOTALL)


def made_of(name, seen):
    """`name` and all of the backend's files that it includes."""
    if name in seen:
        return seen
    seen[name] = (CUDA / name).read_text(encoding="utf-8")
    for included in INCLUDE.findall(seen[name]):
        if (CUDA / included).is_file():
            made_of(included, seen)
    return seen


class Capture(unittest.TestCase):
    def setUp(self):
        self.files = {}
        for name in ENQUEUED:
            made_of(name, self.files)

    def test_the_pattern_knows_what_is_forbidden(self):
        for text in ("cudaMalloc(&p, 1)", "cudaMallocAsync(&p, 1, s)", "cudaFree(p)", "cudaMemcpy(a, b, 1, k)",
                     "cudaMemcpy2D(a)", "cudaStreamSynchronize(s)", "cudaEventQuery(e)", "thrust::sort(a)"):
            self.assertTrue(FORBIDDEN.search(text), text)
        for text in ("cudaMemcpyAsync(a, b, 1, k, s)", "cudaMemsetAsync(a)", "cudaEventRecord(e, s)",
                     "cudaStreamWaitEvent(s, e)"):
            self.assertFalse(FORBIDDEN.search(text), text)

    def test_nothing_allocates_or_waits(self):
        self.assertIn("pipeline.hpp", self.files)
        self.assertNotIn("memory.cuh", self.files)
        for name, text in self.files.items():
            self.assertEqual(FORBIDDEN.findall(text), [], name)

    def test_kernels_are_launched_in_one_place_and_on_a_stream(self):
        launches = {name: LAUNCH.findall(text) for name, text in self.files.items() if "<<<" in text}
        self.assertEqual(launches, {"run.cuh": ["blocks, Kernel::kThreads, 0, stream"]})

    def test_every_file_of_the_backend_is_looked_at_or_belongs_to_the_host(self):
        host = {"host_select.cu", "memory.cuh", "no_fused.cu"}
        kernels = {path.name for path in CUDA.iterdir() if path.suffix in (".cu", ".cuh")}
        self.assertEqual(kernels - set(self.files), host)


if __name__ == "__main__":
    unittest.main(verbosity=2)
