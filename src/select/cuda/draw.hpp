#pragma once
// One round of the sampler: scores and keys of all candidates left, and what becomes of the best.

#include <cmath>
#include <limits>

#include "arrays.hpp"
#include "kernel.hpp"

namespace jest::cuda {

/// The conditional score of a candidate given all that was conditioned on.
struct ConditionalScore {
  Plan plan;
  Arrays arrays;

  JEST_HOST_DEVICE double of(std::int64_t i, std::int64_t beside) const {
    const double own = arrays.own[i];
    if (beside == 0 || !plan.interacts) return own;
    if (plan.criterion == Criterion::kLinear) {
      return own + 2 * arrays.parameters->linear.coefficient * arrays.linear.pairs[i];
    }
    double pairs[kModels] = {0, 0};
    for (int m = 0; m < kModels; ++m) {
      if (plan.models[m].exists()) pairs[m] = pair_term(arrays.models[m], i);
    }
    const ScoreWeights& weights = arrays.parameters->weights;
    return own + arrays.parameters->interaction * weights.weigh(pairs[0], pairs[1]);
  }

 private:
  JEST_HOST_DEVICE double pair_term(const ModelArrays& model, std::int64_t i) const {
    const double forward = model.sums[0][i];
    const double backward = model.sums[1][i];
    if (plan.contrast == Contrast::kSigmoid) return forward + backward;
    if (plan.include_positive) return softmax_pairs(forward, backward, model.positives[i]);
    return softmax_pairs(forward, backward);
  }
};

/// Scores and keys by slot. A candidate that may not be picked gets the key below all others.
struct ScoreKeys {
  std::int64_t size;
  Plan plan;
  Arrays arrays;
  std::uint32_t round;

  JEST_HOST_DEVICE void operator()(std::int64_t slot) const {
    const std::int32_t i = arrays.list[slot];
    const double score = ConditionalScore{plan, arrays}.of(i, beside());
    arrays.scores[slot] = score;
    arrays.slots[slot] = static_cast<std::uint32_t>(slot);
    arrays.picked[slot] = 0;
    arrays.keys[slot] = key(i, score);
  }

 private:
  /// How many others a candidate that is left has been conditioned on.
  JEST_HOST_DEVICE std::int64_t beside() const {
    if (plan.mean_field) return arrays.parameters->answer.report->eligible - 1;
    return round;  // zero, or at least one pick a round
  }

  JEST_HOST_DEVICE std::uint64_t key(std::int32_t i, double score) const {
    if (arrays.aside[i]) return kNoKey;
    if (std::isnan(score)) {
      arrays.aside[i] = 1;
      add_one(&arrays.counters->nan);
      return kNoKey;
    }
    if (score == -std::numeric_limits<double>::infinity()) {
      add_one(&arrays.counters->minus_infinite);
      return kNoKey;
    }
    const KeyRule& rule = arrays.parameters->rule;
    const double noise =
        rule.draws ? gumbel_noise(rule.noise, arrays.parameters->id(i), rule.first_round + round)
                   : 0.0;
    return ordered_bits(rule.key(score, noise));
  }
};

/// Writes the round's picks, best first, and marks their slots.
struct TakePicks {
  std::int64_t size;   ///< c
  std::int64_t first;  ///< picks of earlier rounds
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t k) const {
    const std::uint32_t slot = arrays.sorted_slots[k];
    const DeviceAnswer& answer = arrays.parameters->answer;
    answer.indices[first + k] = arrays.list[slot];
    answer.scores[first + k] = arrays.scores[slot];
    arrays.picked[slot] = 1;
  }
};

/// Reports a round that found too few, the first such round alone, and readies the counters.
struct CloseRound {
  std::int64_t size = 1;
  std::int64_t listed;  ///< slots of the round
  std::int64_t take;
  std::uint32_t round;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t) const {
    DeviceReport& report = *arrays.parameters->answer.report;
    RoundCounters& counters = *arrays.counters;
    const std::int64_t available = listed - counters.nan;
    const bool failed_before = (report.faults & kTooFewInRound) != 0;
    if (!failed_before) report.nan_count = counters.nan;
    if (!failed_before && available - counters.minus_infinite < take) {
      report.faults |= kTooFewInRound;
      report.round = round;
      report.available = available;
      report.minus_infinite = counters.minus_infinite;
    }
    counters.minus_infinite = 0;
  }
};

/// Means of own terms over those that are eligible and over the picks, and their deviation, in a
/// fixed order.
struct MeanOwnTerms {
  static constexpr int kThreads = 512;
  static constexpr int kPhases = 4;
  static constexpr bool kSharesInWarps = false;
  struct Shared {
    double candidates[kThreads];
    double picks[kThreads];
  };

  Plan plan;
  Arrays arrays;

  std::int64_t blocks() const { return 1; }

  JEST_HOST_DEVICE void phase(int phase, const Place& place, Shared& shared) const {
    DeviceReport& report = *arrays.parameters->answer.report;
    if (phase == 0) {
      shared.candidates[place.thread] = sum_of_candidates(place.thread);
      shared.picks[place.thread] = sum_of_picks(place.thread);
    } else if (phase == 1 && place.thread == 0) {
      report.mean_own_score_super_batch = mean_of_candidates(shared, report);
      report.mean_own_score_picks = sum(shared.picks) / static_cast<double>(plan.count);
    } else if (phase == 2) {
      const double mean = report.mean_own_score_super_batch;
      shared.candidates[place.thread] = sum_of_squares(place.thread, mean);
    } else if (phase == 3 && place.thread == 0) {
      report.own_score_deviation = std::sqrt(mean_of_candidates(shared, report));
    }
  }

 private:
  JEST_HOST_DEVICE static double sum(const double (&parts)[kThreads]) {
    double total = 0;
    for (int t = 0; t < kThreads; ++t) total += parts[t];
    return total;
  }
  JEST_HOST_DEVICE static double mean_of_candidates(const Shared& shared,
                                                    const DeviceReport& report) {
    const double total = sum(shared.candidates);
    return report.eligible > 0 ? total / static_cast<double>(report.eligible) : 0;
  }
  JEST_HOST_DEVICE double sum_of_squares(std::int64_t first, double mean) const {
    double total = 0;
    for (std::int64_t i = first; i < plan.candidates; i += kThreads) {
      const double away = arrays.own[i] - mean;
      if (!std::isnan(arrays.own[i])) total += away * away;
    }
    return total;
  }
  JEST_HOST_DEVICE double sum_of_candidates(std::int64_t first) const {
    double total = 0;
    for (std::int64_t i = first; i < plan.candidates; i += kThreads) {
      if (!std::isnan(arrays.own[i])) total += arrays.own[i];
    }
    return total;
  }
  JEST_HOST_DEVICE double sum_of_picks(std::int64_t first) const {
    double total = 0;
    for (std::int64_t k = first; k < plan.count; k += kThreads) {
      total += arrays.own[arrays.parameters->answer.indices[k]];
    }
    return total;
  }
};

}  // namespace jest::cuda
