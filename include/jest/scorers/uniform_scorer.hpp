#pragma once
// The uniform baseline: b examples of a super-batch, drawn without any scoring.

#include <cstdint>
#include <span>

#include "jest/scorers/scorer.hpp"

namespace jest {

/// b of `ids` by the uniform preset: [b] positions, a function of (ids, seed, step). O(B).
JEST_EXPORT Selection uniform_picks(std::span<const std::int64_t> ids, std::int64_t count,
                                    std::uint64_t seed, std::int64_t step);

/// Takes the place of a JointExampleScorer where nothing is to be scored.
class UniformScorer {
 public:
  UniformScorer(std::int64_t count, std::uint64_t seed) : count_(count), seed_(seed) {}

  std::int64_t count() const { return count_; }
  std::uint64_t seed() const { return seed_; }
  bool scores() const { return false; }

  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) const {
    return uniform_picks(super_batch.ids(), count_, seed_, step);
  }

 private:
  std::int64_t count_;
  std::uint64_t seed_;
};

}  // namespace jest
