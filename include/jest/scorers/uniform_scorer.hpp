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
  UniformScorer(std::int64_t count, std::uint64_t seed)
      : UniformScorer(PickCount{.count = count}, seed) {}
  UniformScorer(const PickCount& picks, std::uint64_t seed) : picks_(picks), seed_(seed) {
    picks_.check("uniform scorer");
  }

  std::int64_t count(std::int64_t candidates) const { return picks_.of(candidates); }
  std::uint64_t seed() const { return seed_; }
  bool scores() const { return false; }

  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) const {
    const std::span<const std::int64_t> ids = super_batch.ids();
    const auto candidates = static_cast<std::int64_t>(ids.size());
    if (auto few = detail::of_too_few(picks_, candidates)) return *few;
    return uniform_picks(ids, count(candidates), seed_, step);
  }

 private:
  PickCount picks_;
  std::uint64_t seed_;
};

}  // namespace jest
