// jest-bench [--quick] [Google Benchmark's options]: see scripts/bench.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "benchmarks.hpp"
#include "super_batch.hpp"

namespace jest::bench {

const SuperBatch& super_batch(const Shape& shape) {
  static std::unique_ptr<SuperBatch> last;
  if (!last || last->shape.name() != shape.name()) {
    last.reset();
    last = std::make_unique<SuperBatch>(shape);
  }
  return *last;
}

}  // namespace jest::bench

int main(int argc, char** argv) {
  using jest::bench::Extent;
  char** const end = std::remove_if(
      argv + 1, argv + argc, [](std::string_view argument) { return argument == "--quick"; });
  const Extent extent = end == argv + argc ? Extent::kFull : Extent::kQuick;
  argc = static_cast<int>(end - argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const c10::InferenceMode no_gradients;
  jest::bench::add_machine();
  jest::bench::add_accuracy();
  jest::bench::add_kernel(extent);
  jest::bench::add_selection(extent);
  jest::bench::add_peers(extent);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
