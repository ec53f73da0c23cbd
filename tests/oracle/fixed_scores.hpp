#pragma once
// A user's own criterion, as small as can be: given own terms and a given pair matrix.

#include <cstdint>
#include <span>
#include <vector>

#include "jest/criteria/conditional_scores.hpp"
#include "oracle/dense_oracle.hpp"

namespace jest::oracle {

class FixedScores {
 public:
  explicit FixedScores(std::vector<double> own) : terms_(dense_separable(own)), scores_(own) {}
  explicit FixedScores(PairSum terms) : terms_(std::move(terms)) {
    for (std::int64_t i = 0; i < terms_.size(); ++i) scores_.push_back(terms_.own(i));
  }

  const std::vector<double>& scores() const { return scores_; }
  void condition_on(std::span<const std::int64_t> picks) {
    calls.emplace_back(picks.begin(), picks.end());
    picked_.insert(picked_.end(), picks.begin(), picks.end());
    for (std::int64_t i = 0; i < terms_.size(); ++i) scores_[i] = terms_.score(i, picked_);
  }

  std::vector<Positions> calls;  ///< what the sampler has conditioned on, call by call

 private:
  PairSum terms_;
  std::vector<double> scores_;
  Positions picked_;
};

static_assert(ConditionalScores<FixedScores>);

/// Its scores would be gone before they are read.
struct ScoresByValue {
  std::vector<double> scores() const { return {}; }
  void condition_on(std::span<const std::int64_t>) {}
};
static_assert(!ConditionalScores<ScoresByValue>);

}  // namespace jest::oracle
