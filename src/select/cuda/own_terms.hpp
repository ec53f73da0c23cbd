#pragma once
// Own terms a_i in double precision, and the state of a candidate before the first round.

#include <cmath>
#include <limits>

#include "arrays.hpp"
#include "elements.hpp"
#include "kernel.hpp"

namespace jest::cuda {

/// What is known of a candidate once its own term is.
JEST_HOST_DEVICE inline void set_own_term(const Arrays& arrays, std::int64_t i, double own) {
  arrays.own[i] = own;
  arrays.aside[i] = std::isnan(own);
  if (std::isnan(own)) add_one(&arrays.counters->nan);
}

/// The separable criterion's, which never change.
struct LossTerms {
  std::int64_t size;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t i) const {
    const LossArguments& losses = arrays.parameters->losses;
    const ScoreWeights& weights = arrays.parameters->weights;
    const double learner = weights.learner != 0 ? losses.learner[i] : 0.0F;
    const double reference = weights.reference != 0 ? losses.reference[i] : 0.0F;
    set_own_term(arrays, i, weights.weigh(learner, reference));
  }
};

/// Eight threads a candidate: thread s adds the products of columns s, s + 8, ...; the order of
/// additions is the plain backend's, and products of two floats are exact in double.
struct OwnTerms {
  static constexpr int kThreads = 256;
  static constexpr int kPhases = 2;
  static constexpr bool kSharesInWarps = true;
  static constexpr int kSums = 8;
  struct Shared {
    double sums[kModels][kThreads];
  };

  Plan plan;
  Arrays arrays;

  std::int64_t blocks() const { return rounded_up(plan.candidates * kSums, kThreads) / kThreads; }

  JEST_HOST_DEVICE void phase(int phase, const Place& place, Shared& shared) const {
    const int s = place.thread % kSums;
    const std::int64_t i = place.block * (kThreads / kSums) + place.thread / kSums;
    if (i >= plan.candidates) return;
    if (phase == 0) {
      for (int m = 0; m < kModels; ++m) {
        if (plan.models[m].exists()) shared.sums[m][place.thread] = partial_sum(m, i, s);
      }
    } else if (s == 0) {
      finish(i, shared, place.thread);
    }
  }

 private:
  JEST_HOST_DEVICE double partial_sum(int m, std::int64_t i, int s) const {
    const ModelArguments& model = arrays.parameters->models[m];
    const auto product = [&](std::int64_t k) {
      const Element element = plan.models[m].element;
      const double x = load(model.sides[0].data, i * model.sides[0].row_stride + k, element);
      const double y = load(model.sides[1].data, i * model.sides[1].row_stride + k, element);
      return x * y;
    };
    const std::int64_t width = plan.models[m].width;
    const std::int64_t whole = width / kSums * kSums;
    double total = 0;
    for (std::int64_t k = s; k < whole; k += kSums) total += product(k);
    if (s == 0) {
      for (std::int64_t k = whole; k < width; ++k) total += product(k);
    }
    return total;
  }

  JEST_HOST_DEVICE void finish(std::int64_t i, const Shared& shared, int thread) const {
    double losses[kModels] = {0, 0};
    for (int m = 0; m < kModels; ++m) {
      if (!plan.models[m].exists()) continue;
      const double* q = shared.sums[m] + thread;
      const double dot = ((q[0] + q[4]) + (q[1] + q[5])) + ((q[2] + q[6]) + (q[3] + q[7]));
      const ModelArguments& model = arrays.parameters->models[m];
      const double logit = std::fma(model.scale, dot, model.bias);
      losses[m] = own_term(plan.contrast, logit);
      start_sums(m, i, logit);
    }
    set_own_term(arrays, i, arrays.parameters->weights.weigh(losses[0], losses[1]));
  }

  JEST_HOST_DEVICE void start_sums(int m, std::int64_t i, double logit) const {
    const double empty =
        plan.contrast == Contrast::kSigmoid ? 0.0 : -std::numeric_limits<double>::infinity();
    for (double* sums : arrays.models[m].sums) sums[i] = empty;
    if (plan.include_positive) arrays.models[m].positives[i] = logit;
  }
};

}  // namespace jest::cuda
