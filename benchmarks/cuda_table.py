"""What select_cuda_bench measured, and the day around it (scripts/gpu-day), as the section of
docs/benchmarks.md."""

from gpu_day.tables import day_lines

NOT_MEASURED = ["Not measured: this machine has no GPU. [A day with one](gpu.md) is one command."]


def version(number):
    """CUDA's 13000 is 13.0."""
    return f"{number // 1000}.{number % 1000 // 10}"


def ms(row):
    return f"{row['ms']:.3g} ({row['low_ms']:.3g} to {row['high_ms']:.3g})"


def shape_lines(shape):
    rate = shape["flops"] / shape["floor"]["ms"] * 1e-9
    lines = ["", f"### B {shape['B']:,}, d {shape['d']}, b {shape['b']:,}, N {shape['N']}", "",
             f"cuBLASLt alone: {ms(shape['floor'])} ms, {rate:.0f} TFLOP/s.", "",
             "| selection | device ms | host ms | of cuBLASLt | extra MiB | taken MiB | share of a step |",
             "|---|---|---|---|---|---|---|"]
    for row in shape["rows"]:
        lines.append(f"| {row['name']} | {ms(row)} | {row['host_ms']:.3g} "
                     f"| {row['floor_share']:.2f} | {row['extra_bytes'] / 2**20:.0f} "
                     f"| {row['taken_bytes'] / 2**20:.0f} "
                     f"| {100 * row['step_share']:.2g} % |")
    if shape["peers"]:
        fastest = min(row["host_ms"] for row in shape["rows"] if row["name"].startswith("sigmoid"))
        lines += ["", "| peer on LibTorch | host ms | against our fastest |", "|---|---|---|"]
        lines += [f"| {name} | {time:.3g} | {time / fastest:.2f} |"
                  for name, time in shape["peers"].items()]
    return lines


def cuda_section(report):
    """Lines below the heading; `report` is None where nothing has been measured."""
    if report is None:
        return NOT_MEASURED
    peers = ("Peers are eager LibTorch on the same device, host time." if report["torch_has_cuda"]
             else "No peers: LibTorch had no CUDA there.")
    if not report["shapes"]:
        return [f"On one {report['device']}: no selection was timed.", *day_lines(report)]
    lines = [f"Written by `select_cuda_bench` on one {report['device']}, driver for CUDA "
             f"{version(report['driver'])}, toolkit {version(report['toolkit'])}. Medians of "
             f"{report['timed_runs']} warm runs, in brackets the tenth and the ninetieth percentile; from "
             "resident float32 embeddings to resident picks. `cuBLASLt alone`: the products that cannot "
             "be done without, float16 in and out, by the first algorithm of its heuristics. `of "
             "cuBLASLt`: its time over ours, for the same 8·d·P FLOPs. `extra`: the workspace that the "
             "formula states; `taken`: what the device has less of, with picks, graph and what cuBLASLt took. A step: the learner scores B and "
             "trains on b examples of "
             f"{report['forward_flops'] / 1e9:.0f} GFLOP a forward (ViT-B/16 on 224 pixels, 64 tokens), "
             f"cached reference, at cuBLASLt's rate. {peers}"]
    lines += day_lines(report)
    for shape in report["shapes"]:
        lines += shape_lines(shape)
    if report.get("left_out"):
        lines += ["", f"{report['left_out']} further shapes were left out for lack of time."]
    return lines
