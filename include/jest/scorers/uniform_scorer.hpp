#pragma once
// The uniform baseline: b examples of a super-batch, drawn without any scoring.

#include <cstdint>
#include <span>
#include <string_view>

#include "jest/core/noise.hpp"
#include "jest/learner/concepts.hpp"
#include "jest/select/selection.hpp"

namespace jest {

/// b of `ids` by the uniform preset; deterministic in (ids, seed, step).
JEST_EXPORT Selection uniform_picks(std::span<const std::int64_t> ids, std::int64_t count,
                                    const NoiseKey& key);

/// Takes the place of a JointExampleScorer where nothing is to be scored.
class UniformScorer {
 public:
  UniformScorer(std::int64_t count, std::uint64_t seed) : count_(count), seed_(seed) {}

  std::int64_t count() const { return count_; }
  std::uint64_t seed() const { return seed_; }
  static constexpr bool kScores = false;

  template <Batch B>
  Selection select(const B& super_batch, std::uint32_t step) const {
    return uniform_picks(super_batch.ids(), count_, {seed_, step});
  }

  template <Batch B>
  std::string_view remark() const {
    return "";
  }

 private:
  std::int64_t count_;
  std::uint64_t seed_;
};

}  // namespace jest
