"""What waits for a device, in the order of its worth, and how long each part may take."""

import dataclasses
import pathlib
import shutil
import sys

from gpu_day.torch_folder import why_not

HERE = pathlib.Path(__file__).resolve().parent
MINUTES = 8  # limits here are for so many; another number scales them
BEGINNING = 0.5  # of a limit: later no further shape is begun
SANITIZED = ":".join(("CudaSelector.FusesToWhatProductsGive", "CudaSelector.RunsOnTheDefaultStreamToo",
                      "CudaLinear.BreaksTiesByTheSmallerId", "CudaLinear.SetsNanAside*"))
SANITIZERS = ("compute-sanitizer", "/usr/local/cuda/bin/compute-sanitizer")


@dataclasses.dataclass
class Part:
    name: str
    title: str
    limit: float  # seconds
    command: list
    report: pathlib.Path | None = None  # what the command leaves
    missing: str | None = None          # why it cannot be run
    tests: bool = False                 # of GoogleTest
    by_python: bool = False             # with this Python's own torch, not the one of the programs


def sanitizer():
    return next((found for name in SANITIZERS if (found := shutil.which(name))), None)


def sanitized(tool, tests):
    command = sanitizer()
    return Part(f"sanitizer-{tool}", f"compute-sanitizer, {tool}", 30,
                [command, "--tool", tool, "--error-exitcode", "1", tests, f"--gtest_filter={SANITIZED}"],
                tests=True, missing=None if command else "no compute-sanitizer")


def device_state():
    command = shutil.which("nvidia-smi")
    facts = "name,driver_version,clocks.max.sm,clocks.sm,clocks.mem,power.limit,temperature.gpu"
    return Part("nvidia-smi", "clocks and power", 5, [command, f"--query-gpu={facts}", "--format=csv"],
                missing=None if command else "no nvidia-smi")


def scaled(parts, factor):
    return [dataclasses.replace(part, limit=part.limit * factor) for part in parts]


def parts_of(programs, out, torch, minutes=MINUTES):
    """`programs`: folder of built ones; `out`: where reports go; `torch`: LibTorch's folder or None."""
    def measured(name, title, limit, **further):
        report = out / f"{name}.json"
        return Part(name, title, limit, [programs / name, "--out", report], report, **further)

    no_torch = why_not(torch)
    tests = programs / "jest_gpu_tests"
    bench = measured("select_cuda_bench", "selections beside cuBLASLt and eager LibTorch", 100,
                     missing=no_torch)
    bench.command += ["--seconds", BEGINNING * bench.limit * minutes / MINUTES]
    return scaled([
        measured("cuda_ceilings", "the device, copies, products", 20),
        device_state(),
        Part("tests", "tests of the backend", 70, [tests], tests=True),
        Part("tensor-tests", "tests of tensors", 50, [programs / "jest_torch_gpu_tests"], tests=True,
             missing=no_torch),
        measured("cuda_picks", "picks against the host's", 85),
        bench,
        Part("compiled-peers", "peers by torch.compile", 60,
             [sys.executable, HERE.parent / "cuda/compiled_peers.py", bench.report], bench.report,
             by_python=True),
        measured("cuda_steps", "a training step", 45, missing=no_torch),
        sanitized("memcheck", tests),
        sanitized("racecheck", tests),
        Part("nccl", "NCCL with one rank", 20, [sys.executable, HERE / "nccl.py"], by_python=True),
    ], minutes / MINUTES)
