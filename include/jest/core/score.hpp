#pragma once
// What a candidate is worth: two weights, and nothing else branches on the score function.
//
// Any loss ℓ gives the own term a_i = learner·ℓ_θ(i) − reference·ℓ_θ*(i); the pair terms Q_ij are
// formed alike and multiplied by the interaction κ, a number of the sampling. A zero weight means
// that this model, or this work, is never run.
//
// Source: Evans et al., arXiv 2406.17711, section 3.1; the interaction weight is this library's.

#include <cmath>
#include <cstdint>

#include "jest/core/error.hpp"
#include "jest/core/exact/elementary.hpp"

namespace jest {

struct ScoreWeights {
  double learner = 1;    ///< w_L
  double reference = 1;  ///< w_R

  /// w_L·learner − w_R·reference; a value whose weight is zero is ignored.
  JEST_HOST_DEVICE double weigh(double learner_value, double reference_value) const {
    double total = 0;
    if (learner != 0) total += learner * learner_value;
    if (reference != 0) total -= reference * reference_value;
    return total;
  }
};

inline constexpr ScoreWeights kLearnability{1, 1};   ///< the default; RHO-LOSS, JEST
inline constexpr ScoreWeights kHardLearner{1, 0};    ///< the reference is never run
inline constexpr ScoreWeights kEasyReference{0, 1};  ///< the learner is never run for scoring

/// Throws unless both weights are finite and one of them is not 0.
inline void check_weights(const ScoreWeights& weights) {
  if (!std::isfinite(weights.learner) || !std::isfinite(weights.reference)) {
    refuse("score weights", "finite numbers", weights.learner, ", ", weights.reference);
  }
  if (weights.learner == 0 && weights.reference == 0) {
    refuse("score weights", "at least one of learner and reference other than 0", "0 and 0");
  }
}

/// The interaction κ over a run: 0 before step `start`, `value` from there on. 1 is JEST, 0 is
/// independent selection, below 0 unlike pairs are preferred. A strong interaction that sets in
/// late can make picks mutual hard negatives and training collapse (seen at b = 512 and 2,048); a
/// weak one, 0.1, was not seen to: docs/method.md, "What to expect".
struct InteractionSchedule {
  double value = 1;        ///< κ from `start` on
  std::int64_t start = 0;  ///< a step

  double at(std::int64_t step) const { return step < start ? 0.0 : value; }
};

}  // namespace jest
