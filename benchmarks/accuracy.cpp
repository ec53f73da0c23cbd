// The largest relative error of the cpu backend's sums against double precision.
#include <benchmark/benchmark.h>

#include "benchmarks.hpp"
#include "oracle/sum_error.hpp"
#include "super_batch.hpp"

namespace jest::bench {
namespace {

void run_accuracy(benchmark::State& state, const oracle::Regime& regime, Contrast contrast) {
  SuperBatch batch(Shape{1024, 768, 205, 16});
  // Half of the pairs are alike, so that some logits are large.
  batch.learner_y.slice(0, 0, 1024, 2).copy_(batch.learner_x.slice(0, 0, 1024, 2));
  EmbeddingsView model = batch.pairs<SigmoidPairs>().learner;
  model.scale = regime.scale;
  model.bias = regime.bias;
  double error = 0;
  for (auto _ : state) error = oracle::largest_sum_error(contrast, model);
  state.counters["error"] = error;
}

}  // namespace

void add_accuracy() {
  for (const oracle::Regime& regime : oracle::kRegimes) {
    for (const auto& [name, contrast] :
         {std::pair{"sigmoid", Contrast::kSigmoid}, std::pair{"softmax", Contrast::kSoftmax}}) {
      benchmark::RegisterBenchmark((std::string("error/") + name + "/" + regime.name).c_str(),
                                   run_accuracy, regime, contrast)
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace jest::bench
