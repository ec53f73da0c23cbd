// jest-bench [--quick] [Google Benchmark's options]: see scripts/bench.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string_view>

#include "apps/printable.hpp"
#include "apps/surroundings.hpp"
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

namespace {

/// What is wrong with it, standard output that was not taken among that, is one line, and status 1.
int status_of(const std::function<int()>& work) {
  try {
    const int status = work();
    jest::apps::expect_output_written();
    return status;
  } catch (const std::exception& error) {
    std::cerr << "jest-bench: " << jest::apps::printable(jest::apps::failure_text(error)) << '\n';
    return 1;
  }
}

void help() {
  std::exit(status_of([] {
    benchmark::PrintDefaultHelp();
    return 0;
  }));
}

int run(int argc, char** argv) {
  using jest::bench::Extent;
  char** const end = std::remove_if(
      argv + 1, argv + argc, [](std::string_view argument) { return argument == "--quick"; });
  const Extent extent = end == argv + argc ? Extent::kFull : Extent::kQuick;
  argc = static_cast<int>(end - argv);
  benchmark::Initialize(&argc, argv, help);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const c10::InferenceMode no_gradients;
  jest::bench::add_machine();
  jest::bench::add_accuracy();
  jest::bench::add_kernel(extent);
  jest::bench::add_selection(extent);
  jest::bench::add_peers(extent);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  jest::apps::open_closed_streams();
  return status_of([&] { return run(argc, argv); });
}
