// Whole selections, from resident embeddings to positions, and their parts.
#include <benchmark/benchmark.h>

#include "benchmarks.hpp"
#include "select/cpu/contrastive.hpp"
#include "super_batch.hpp"

namespace jest::bench {
namespace {

struct Case {
  Shape shape;
  Backend backend = Backend::kCpu;
  int threads = 1;
  bool sigmoid = true;

  std::string name() const {
    std::string backend_name;
    for (const auto& [text, value] : kBackends) {
      if (value == backend) backend_name = text;
    }
    return "select/" + backend_name + (sigmoid ? "/sigmoid/" : "/softmax/") +
           "threads:" + std::to_string(threads) + "/" + shape.name();
  }
};

SelectionSpec spec_of(const Case& c) {
  return {.count = c.shape.count,
          .sampling = {.chunks = c.shape.chunks},
          .backend = c.backend,
          .threads = c.threads};
}

/// Such a run needs no other to warm up.
bool takes_seconds(const Shape& shape) { return shape.flops() > 1e11; }

void run_case(benchmark::State& state, const Case& c) {
  const SuperBatch& batch = super_batch(c.shape);
  SelectionSpec spec = spec_of(c);
  Selection picks;
  const auto once = [&] {
    picks = c.sigmoid ? select(batch.pairs<SigmoidPairs>(), spec)
                      : select(batch.pairs<SoftmaxPairs>(), spec);
  };
  if (!takes_seconds(c.shape)) once();
  for (auto _ : state) {
    ++spec.step;
    once();
  }
  state.counters["flops"] = c.shape.flops();
  state.counters["extra_mib"] =
      static_cast<double>(picks.statistics.extra_bytes) / static_cast<double>(1 << 20);
}

/// Rounds of keys and top-c alone: what the sampler costs beside the criterion.
void run_sampler(benchmark::State& state, const Shape& shape) {
  const std::vector<float> losses(static_cast<std::size_t>(shape.candidates), 0.0F);
  SelectionSpec spec{.count = shape.count, .sampling = {.chunks = shape.chunks}};
  for (auto _ : state) {
    ++spec.step;
    SeparableScores scores(Losses{losses, {}}, kHardLearner);
    benchmark::DoNotOptimize(select(scores, spec));
  }
}

/// Own terms alone, as every selection begins.
void run_own(benchmark::State& state, const Shape& shape) {
  const auto pairs = super_batch(shape).pairs<SigmoidPairs>();
  for (auto _ : state) {
    cpu::SigmoidScores scores(pairs, 1, {});
    benchmark::DoNotOptimize(scores.scores().data());
  }
}

int repetitions(const Shape& shape) {
  if (takes_seconds(shape)) return 3;
  return shape.flops() > 1e10 ? 7 : 21;
}

template <class... Arguments>
void add(const std::string& name, const Shape& shape, const Arguments&... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), arguments...)
      ->Iterations(1)
      ->Repetitions(repetitions(shape))
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void add_case(const Case& c) { add(c.name(), c.shape, run_case, c); }

/// f = 0.8 unless b is given.
constexpr Shape shape_of(std::int64_t candidates, std::int64_t width, std::int64_t chunks) {
  return {candidates, width, (candidates + 4) / 5, chunks};
}

std::vector<Shape> all_shapes() {
  std::vector<Shape> shapes;
  for (const std::int64_t candidates : {512, 2048, 4096, 32768}) {
    shapes.push_back(shape_of(candidates, 256, 16));
  }
  shapes.push_back(shape_of(65536, 128, 16));
  for (const std::int64_t width : {128, 512, 768, 1152})
    shapes.push_back(shape_of(4096, width, 16));
  for (const std::int64_t chunks : {4, 128}) shapes.push_back(shape_of(4096, 768, chunks));
  for (const std::int64_t count : {2048, 410, 205}) shapes.push_back({4096, 768, count, 16});
  return shapes;
}

constexpr Shape kLarge = shape_of(16384, 768, 16);
constexpr Shape kMemory = shape_of(8192, 512, 16);  // of which the peak is told
constexpr Shape kMedium = shape_of(2048, 512, 16);

/// What the headline's figures are made of.
void add_headline() {
  for (const int threads : {1, 2}) {
    for (const Shape& shape : {kMemory, kLarge}) {
      add_case({.shape = shape, .backend = Backend::kCpu, .threads = threads});
    }
  }
  add_case({.shape = kLarge, .backend = Backend::kCpuBf16});
  add("sampler/" + kLarge.name(), kLarge, run_sampler, kLarge);
  add_case({.shape = kMedium, .backend = Backend::kCpu, .sigmoid = false});
}

/// Both operands on one and two threads, where the headline does not have them already, and what
/// takes part in every selection.
void add_parts() {
  const Shape small[] = {{640, 64, 128, 4}, {640, 64, 128, 16}, shape_of(1024, 512, 16)};
  for (const Shape& shape : small) {
    for (const Backend backend : {Backend::kCpu, Backend::kCpuBf16}) {
      for (const int threads : {1, 2}) {
        add_case({.shape = shape, .backend = backend, .threads = threads});
      }
    }
    add("sampler/" + shape.name(), shape, run_sampler, shape);
    add("own/" + shape.name(), shape, run_own, shape);
  }
  add_case({.shape = kMemory, .backend = Backend::kCpuBf16});
  add("sampler/" + kMemory.name(), kMemory, run_sampler, kMemory);
  for (const Shape& shape : {kMemory, kLarge}) {
    add_case({.shape = shape, .backend = Backend::kCpuBf16, .threads = 2});
    add("own/" + shape.name(), shape, run_own, shape);
  }
  add_case({.shape = kMedium, .backend = Backend::kCpuBf16, .sigmoid = false});
  add_case({.shape = kMedium, .backend = Backend::kEigen});
}

}  // namespace

void add_selection(Extent extent) {
  add_headline();
  if (extent == Extent::kQuick) return;
  add_parts();
  for (const Shape& shape : all_shapes()) {
    for (const Backend backend : {Backend::kCpu, Backend::kCpuBf16}) {
      for (const bool sigmoid : {true, false}) {
        add_case({.shape = shape, .backend = backend, .sigmoid = sigmoid});
      }
      add_case({.shape = shape, .backend = backend, .threads = 2});
    }
  }
}

}  // namespace jest::bench
