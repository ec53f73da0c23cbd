"""What jest-bench measured, read from its report, and the headline figures made of it."""

import statistics
import sys

LARGE = "B:16384/d:768/b:3277/N:16"
MEDIUM = "B:2048/d:512/b:410/N:16"
MEMORY = "B:8192/d:512/b:1639/N:16"
ONE = "threads:1"


class Timings:
    """Median milliseconds and counters of every benchmark, by name."""

    def __init__(self, report):
        self.all = {}
        for entry in report["benchmarks"]:
            if entry.get("run_type") == "aggregate":
                continue
            name = entry["name"]
            for part in ("/iterations:", "/min_time:", "/repeats:", "/real_time"):
                name = name.split(part)[0]
            unit = {"us": 1e-3, "ms": 1.0}[entry["time_unit"]]
            found = self.all.setdefault(name, {"ms": []})
            found["ms"].append(entry["real_time"] * unit)
            found.update({k: entry[k] for k in ("flops", "bytes", "extra_mib", "error") if k in entry})

    def ms(self, name):
        return statistics.median(self.all[name]["ms"])

    def rate(self, name):
        """FLOP or bytes a millisecond."""
        found = self.all[name]
        return found.get("flops", found.get("bytes")) / self.ms(name)

    def highest_rate(self, name):
        """Of the least disturbed repetition."""
        return self.all[name]["flops"] / min(self.all[name]["ms"])

    def best(self, names):
        """The smallest median, of a peer's variants."""
        return min(self.ms(name) for name in names)

    def starting(self, prefix):
        return [name for name in self.all if name.startswith(prefix)]

    def peak(self, bf16=False):
        """The best rate that was seen: a floor must not be lowered by a noisy moment. Values in
        bfloat16 may be multiplied in either type, whichever is faster here."""
        names = ["peak/bf16", "peak/f32"] if bf16 else ["peak/f32"]
        found = [name for name in names if name in self.all]
        if not found:
            sys.exit("bench: no way to measure the multiply-add peak of this processor (x86 with FMA only)")
        return max(map(self.highest_rate, found))


def selection_share(stages):
    return stages["selection"] / sum(stages.values())


def incremental(t, kind):
    """The faster of two ways to write it on LibTorch: all rows at once (full run only), or in tiles.
    None where neither was run."""
    names = [f"peer/{way}-{kind}/{ONE}/{LARGE}" for way in ("incremental", "tiled")]
    found = [name for name in names if name in t.all]
    return t.best(found) if found else None


def headline(t, step):
    """`step`: of every number of threads, a training step's milliseconds by arm and stage."""
    def kernel(kind, bf16, rate=t.rate):
        names = [n for d in (512, 768) for n in t.starting(f"kernel/{kind}/")
                 if n.endswith(f"/sigmoid/d:{d}/c:204")]
        fastest = names[0].split("/")[2]
        return min(rate(n) for n in names if f"/{fastest}/" in n) / t.peak(bf16)

    peer_bf16 = incremental(t, "bf16")
    select = f"select/cpu/sigmoid/{ONE}/{LARGE}"
    select_bf16 = f"select/cpu-bf16/sigmoid/{ONE}/{LARGE}"
    return {
        "kernel_f32_share": kernel("f32", False),
        "kernel_bf16_share": kernel("bf16", True),
        "kernel_f32_share_undisturbed": kernel("f32", False, t.highest_rate),
        "kernel_bf16_share_undisturbed": kernel("bf16", True, t.highest_rate),
        "select_f32_share": t.rate(select) / t.peak(),
        "select_bf16_share": t.rate(select_bf16) / t.peak(bf16=True),
        "two_thread_speedup": t.ms(select) / t.ms(select.replace(ONE, "threads:2")),
        "vs_incremental_f32": incremental(t, "f32") / t.ms(select),
        "vs_incremental_bf16": incremental(t, "f32") / t.ms(select_bf16),
        "vs_incremental_bf16_peer_in_bf16": peer_bf16 and peer_bf16 / t.ms(select_bf16),
        "vs_literal_f32": t.ms(f"peer/literal/{ONE}/{LARGE}") / t.ms(select),
        "softmax_vs_recompute": t.ms(f"peer/recomputed-softmax/{ONE}/{MEDIUM}")
        / t.ms(f"select/cpu/softmax/{ONE}/{MEDIUM}"),
        "softmax_vs_incremental": t.ms(f"peer/incremental-softmax/{ONE}/{MEDIUM}")
        / t.ms(f"select/cpu/softmax/{ONE}/{MEDIUM}"),
        "extra_mib_8192": max(t.all[f"select/cpu/sigmoid/threads:{n}/{MEMORY}"]["extra_mib"]
                              for n in (1, 2)),
        "sum_error": max(t.all[name]["error"] for name in t.starting("error/")),
        "sampler_share": t.ms(f"sampler/{LARGE}") / t.ms(select),
        "step_share": selection_share(step[1]["joint"]),
        "step_share_two_threads": selection_share(step[2]["joint"]),
    }
