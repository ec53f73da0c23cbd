"""The figures as tables: on the terminal, and as docs/benchmarks.md."""

import datetime
import platform

from cuda_table import cuda_section
from timings import selection_share


def ms_text(ms):
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


def headline_rows(h):
    peer_bf16 = h["vs_incremental_bf16_peer_in_bf16"]
    yield "Kernel alone, c = 204, d = 512 and 768, lower of both", [
        ("share of the float32 multiply-add peak", f"{h['kernel_f32_share']:.2f}"),
        ("the same in the least disturbed repetition", f"{h['kernel_f32_share_undisturbed']:.2f}"),
        ("share of the bfloat16 peak", f"{h['kernel_bf16_share']:.2f}"),
        ("the same in the least disturbed repetition", f"{h['kernel_bf16_share_undisturbed']:.2f}")]
    yield "Whole selection, B = 16,384, b = 3,277, N = 16, d = 768, sigmoid, one thread", [
        ("share of the float32 peak", f"{h['select_f32_share']:.2f}"),
        ("share of the bfloat16 peak", f"{h['select_bf16_share']:.2f}"),
        ("two threads against one", f"{h['two_thread_speedup']:.2f}x"),
        ("float32 against the faster incremental float32 peer", f"{h['vs_incremental_f32']:.2f}x"),
        ("bfloat16 against the faster incremental float32 peer",
         f"{h['vs_incremental_bf16']:.2f}x"),
        ("bfloat16 against the faster incremental bfloat16 peer",
         "not run" if peer_bf16 is None else f"{peer_bf16:.2f}x"),
        ("float32 against the literal listing", f"{h['vs_literal_f32']:.1f}x"),
        ("the sampler's share", f"{100 * h['sampler_share']:.1f} %")]
    yield "Other shapes", [
        ("softmax, B = 2,048, d = 512, against recomputing", f"{h['softmax_vs_recompute']:.0f}x"),
        ("the same against the incremental peer", f"{h['softmax_vs_incremental']:.2f}x"),
        ("extra memory at B = 8,192, d = 512", f"{h['extra_mib_8192']:.1f} MiB"),
        ("largest relative error of a sum", f"{h['sum_error']:.1e}"),
        ("joint selection's share of a training step, one thread",
         f"{100 * h['step_share']:.2f} %"),
        ("the same, two threads", f"{100 * h['step_share_two_threads']:.2f} %")]


def print_table(h):
    for title, rows in headline_rows(h):
        print(title)
        for name, value in rows:
            print(f"  {name:<62}{value:>12}")


def machine_text(report):
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.processor())
    return f"{model}, {report['context']['num_cpus']} cores, {platform.system()} {platform.machine()}"


def selection_table(t):
    lines = ["| selection | ms | share of peak | extra MiB |", "|---|---|---|---|"]
    for name in t.starting("select/"):
        share = "" if "/eigen/" in name else (
            f"{t.rate(name) / t.peak('bf16' in name) / int(name.split('threads:')[1][0]):.2f}")
        label = name.removeprefix("select/").replace("/", ", ").replace(":", " ")
        lines.append(f"| {label} | {ms_text(t.ms(name))} | {share} | {t.all[name]['extra_mib']:.1f} |")
    return lines


def peer_table(t):
    lines = ["| peer | ms | ours, same type and threads | ratio |", "|---|---|---|---|"]
    for name in t.starting("peer/"):
        _, peer, threads, *shape = name.split("/")
        kind = "cpu-bf16" if "bf16" in peer else "cpu"
        criterion = "softmax" if "softmax" in peer else "sigmoid"
        ours = "/".join(["select", kind, criterion, threads, *shape])
        label = f"{peer}, {threads}, {' '.join(shape)}".replace(":", " ")
        if peer in ("topk", "chunked-loss") or ours not in t.all:
            lines.append(f"| {label} | {ms_text(t.ms(name))} | | |")
        else:
            lines.append(f"| {label} | {ms_text(t.ms(name))} | {ms_text(t.ms(ours))} "
                         f"| {t.ms(name) / t.ms(ours):.2f} |")
    return lines


def step_table(step):
    stages = list(next(iter(step[1].values())))
    titles = ["threads", "arm", *(s.replace("_", " ") for s in stages), "selection's share"]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for threads, arms in step.items():
        for arm, ms in arms.items():
            cells = " | ".join(f"{ms[s]:.2f}" for s in stages)
            lines.append(f"| {threads} | {arm} | {cells} | {100 * selection_share(ms):.2f} % |")
    return lines


def docs(report, t, h, step, *, command, cuda):
    date = datetime.date.today().isoformat()
    lines = ["# Benchmarks", "",
             f"Written by `{command}` on {date}. Machine: {machine_text(report)}; registers reach "
             f"{t.peak() / 1e6:.0f} GFLOP/s a core in float32, {t.peak(True) / 1e6:.0f} in bfloat16; "
             f"one core reads {t.rate('peak/read') / 1e6:.0f} GB/s. Medians; a share is of that peak, "
             "for the FLOPs that are needed: 8·d·P (docs/method.md). The peak is the highest rate seen; "
             "a neighbour on a shared machine lowers medians, not it: read ratios.", ""]
    for title, rows in headline_rows(h):
        lines += [f"## {title}", "", "| | |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in rows] + [""]
    lines += ["## A training step on the translations, ms", "",
              "B = 640, b = 128, defaults of `jest-train pairs`, live reference.", ""]
    lines += step_table(step)
    lines += ["", "## Selections", "",
              "Small super-batches and small chunks lie far below the peak: there the panels are read "
              "from memory for few multiplications, and own terms and noise weigh.", ""]
    lines += selection_table(t)
    lines += ["", "## Peers", "",
              "On LibTorch's operators (MKL and oneDNN inside), same inputs, same process. `literal`: the "
              "published listing with its B×B matrices. `incremental`: only new columns, running sums. "
              "`tiled`: the same in row tiles that stay in the cache. Neither leaves picked rows out (11 % more "
              "products at f = 0.8): copying the rest costs more. `recomputed-softmax`: every logit "
              "anew each round. `topk`: independent selection. `chunked-loss`: scoring b·B pairs, "
              "selecting nothing. Below 1 we lose.", ""]
    lines += peer_table(t)
    lines += ["", "## CUDA", "", *cuda_section(cuda)]
    lines += ["", "## Parts, ms", "", "| part | ms |", "|---|---|"]
    for prefix in ("own/", "sampler/", "kernel/"):
        lines += [f"| {name.replace('/', ' ').replace(':', ' ')} | {ms_text(t.ms(name))} |"
                  for name in t.starting(prefix)]
    return "\n".join(lines) + "\n"
