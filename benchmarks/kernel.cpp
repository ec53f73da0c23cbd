// The fused kernel alone: one packed panel of 32 candidates against c packed picks.
#include "select/cpu/kernel.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "benchmarks.hpp"

namespace jest::bench {
namespace {

struct KernelShape {
  std::int64_t width;
  std::int64_t columns;
};

struct Free {
  void operator()(float* memory) const { std::free(memory); }
};
using Floats = std::unique_ptr<float[], Free>;

Floats aligned(std::int64_t count) {
  return Floats(static_cast<float*>(
      std::aligned_alloc(128, (static_cast<std::size_t>(count) * 4 + 127) / 128 * 128)));
}

/// A panel and its picks, packed.
struct Packed {
  Floats panel, picked;
  cpu::Candidates candidates;
  cpu::Blocks picks;

  Packed(const cpu::Kernel& kernel, const KernelShape& shape) {
    const std::int64_t depth = kernel.depth(shape.width);
    std::vector<float> rows(static_cast<std::size_t>((cpu::kLanes + shape.columns) * shape.width));
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(shape.width)));
    for (float& value : rows) value = normal(random);
    std::vector<const float*> pointers;
    for (std::size_t at = 0; at < rows.size(); at += static_cast<std::size_t>(shape.width)) {
      pointers.push_back(rows.data() + at);
    }
    const std::span<const float* const> all(pointers);
    panel = aligned(depth * cpu::kLanes);
    picked = aligned(depth * shape.columns);
    kernel.pack({all.first(cpu::kLanes), shape.width}, cpu::kLanes, panel.get());
    const cpu::Blocks blocks{shape.columns, depth, picked.get()};
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
      const std::int64_t begin = blocks.begin(block);
      const std::int64_t columns = blocks.begin(block + 1) - begin;
      kernel.pack({all.subspan(static_cast<std::size_t>(cpu::kLanes + begin),
                               static_cast<std::size_t>(columns)),
                   shape.width},
                  columns, picked.get() + begin * depth);
    }
    candidates.packed = panel.get();
    picks = blocks;
  }

  cpu::PanelTask task() const { return {candidates, nullptr, picks, {20, -10, 0, 0}, nullptr}; }
};

void run_kernel(benchmark::State& state, const cpu::Kernel& kernel, const KernelShape& shape,
                bool sigmoid) {
  const Packed packed(kernel, shape);
  cpu::SigmoidLanes sums{};
  cpu::SoftmaxLanes logs{};
  for (float& largest : logs.largest) largest = cpu::kNothing;
  const cpu::PanelTask task = packed.task();
  for (auto _ : state) {
    sigmoid ? kernel.sigmoid(task, sums) : kernel.softmax(task, logs);
    benchmark::ClobberMemory();
  }
  state.counters["flops"] = 2.0 * cpu::kLanes * static_cast<double>(shape.columns * shape.width);
}

}  // namespace

void add_kernel(Extent extent) {
  std::vector<KernelShape> shapes{{512, 204}, {768, 204}};
  if (extent == Extent::kFull) {
    shapes.insert(shapes.end(),
                  {{128, 204}, {256, 204}, {1152, 204}, {768, 12}, {768, 51}, {64, 32}, {64, 8}});
  }
  for (const auto operands : {cpu::Operands::kFloat32, cpu::Operands::kBfloat16}) {
    const std::string type = operands == cpu::Operands::kFloat32 ? "f32" : "bf16";
    for (const cpu::Kernel& kernel : cpu::kernels(operands)) {
      if (kernel.set == cpu::InstructionSet::kScalar) continue;
      for (const KernelShape& shape : shapes) {
        for (const bool sigmoid : {true, false}) {
          const std::string name = "kernel/" + type + "/" + std::string(name_of(kernel.set)) +
                                   (sigmoid ? "/sigmoid/" : "/softmax/") +
                                   "d:" + std::to_string(shape.width) +
                                   "/c:" + std::to_string(shape.columns);
          benchmark::RegisterBenchmark(name.c_str(), run_kernel, kernel, shape, sigmoid)
              ->MinTime(0.004)
              ->Repetitions(45)
              ->UseRealTime()
              ->Unit(benchmark::kMicrosecond);
        }
      }
    }
  }
}

}  // namespace jest::bench
