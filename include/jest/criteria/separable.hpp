#pragma once
// Per-example losses: language modelling, classification, anything without pairs.
//
// a_i = w_L·ℓ_i − w_R·r_i and Q = 0. Joint selection then equals independent selection for every
// number of chunks: that is a theorem, not a defect, and kSeparableRemark says so to a user who
// asks for it.

#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/score.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"

namespace jest {

inline constexpr const char* kSeparableRemark =
    "per-example losses do not interact: joint selection equals independent selection here";

/// Losses [B] of every candidate; a model whose weight is zero may be left empty.
struct Losses {
  std::span<const float> learner;
  std::span<const float> reference;
  std::span<const std::int64_t> ids = {};  ///< [B] distinct, ≥ 0; positions when empty
};

/// B. Throws on unusable weights and unequal lengths, that of ids included.
inline std::int64_t check_losses(const Losses& losses, const ScoreWeights& weights) {
  check_weights(weights);
  const bool both = weights.learner != 0 && weights.reference != 0;
  if (both && losses.learner.size() != losses.reference.size()) {
    refuse("separable scores", "as many learner losses as reference losses", losses.learner.size(),
           " and ", losses.reference.size());
  }
  const std::int64_t candidates =
      std::ssize(weights.learner != 0 ? losses.learner : losses.reference);
  check_id_count("separable scores", std::ssize(losses.ids), candidates);
  return candidates;
}

class SeparableScores {
 public:
  /// O(B) time and memory. Throws on unequal lengths. NaN losses are kept: the sampler sets such
  /// candidates aside and counts them.
  explicit SeparableScores(const Losses& losses, const ScoreWeights& weights = kLearnability) {
    scores_.resize(detail::at(check_losses(losses, weights)));
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      if (weights.learner != 0) scores_[i] += weights.learner * double{losses.learner[i]};
      if (weights.reference != 0) scores_[i] -= weights.reference * double{losses.reference[i]};
    }
  }

  std::span<const double> scores() const { return scores_; }
  void condition_on(std::span<const std::int64_t>) {}
  void condition_on(const Picked&) {}
  static std::int64_t row_bytes() { return 0; }
  static void copy_row(std::int64_t, std::byte*) {}
  std::int64_t extra_bytes() const {
    return static_cast<std::int64_t>(scores_.size() * sizeof(double));
  }

 private:
  std::vector<double> scores_;
};

}  // namespace jest
