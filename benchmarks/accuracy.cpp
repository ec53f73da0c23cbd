// The largest relative error of the cpu backend's sums against double precision.
#include <benchmark/benchmark.h>

#include <cmath>

#include "benchmarks.hpp"
#include "super_batch.hpp"

namespace jest::bench {
namespace {

struct Regime {
  const char* name;
  double scale;
  double bias;
};

constexpr Regime kRegimes[] = {{"fresh", 10, -10}, {"calibrated", 20, -7}, {"sharp", 100, -10},
                               {"harsh", 100, 0},  {"far-below", 10, -50}, {"far-above", 10, 50}};

/// Of the sums over every fifth candidate left out, the others being picked.
template <class Pairs, class Fast, class Plain>
double largest_error(const Pairs& pairs) {
  Fast fast(pairs, {});
  Plain plain(pairs, {});
  const std::vector<double> own(plain.scores().begin(), plain.scores().end());
  std::vector<std::int64_t> picks;
  for (std::int64_t i = 0; i < pairs.candidates(); ++i) {
    if (i % 5 != 0) picks.push_back(i);
  }
  fast.condition_on(picks);
  plain.condition_on(picks);
  double worst = 0;
  for (std::size_t i = 0; i < own.size(); i += 5) {
    const double want = plain.scores()[i] - own[i];
    worst = std::max(worst, std::fabs((fast.scores()[i] - own[i] - want) / want));
  }
  return worst;
}

void run(benchmark::State& state, const Regime& regime, bool sigmoid) {
  SuperBatch batch(Shape{2048, 768, 410, 16});
  batch.learner_y.slice(0, 0, 2048, 2).copy_(batch.learner_x.slice(0, 0, 2048, 2));
  const auto prepared = [&](auto pairs) {
    pairs.learner.scale = regime.scale;
    pairs.learner.bias = regime.bias;
    pairs.weights = kHardLearner;
    return pairs;
  };
  double error = 0;
  for (auto _ : state) {
    error = sigmoid ? largest_error<SigmoidPairs, cpu::SigmoidScores, eigen::SigmoidScores>(
                          prepared(batch.pairs<SigmoidPairs>()))
                    : largest_error<SoftmaxPairs, cpu::SoftmaxScores, eigen::SoftmaxScores>(
                          prepared(batch.pairs<SoftmaxPairs>()));
  }
  state.counters["error"] = error;
}

}  // namespace

void add_accuracy() {
  for (const Regime& regime : kRegimes) {
    for (const bool sigmoid : {true, false}) {
      const std::string name =
          std::string("error/") + (sigmoid ? "sigmoid/" : "softmax/") + regime.name;
      benchmark::RegisterBenchmark(name.c_str(), run, regime, sigmoid)
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace jest::bench
