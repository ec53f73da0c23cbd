#include "jest/scorers/uniform_scorer.hpp"

#include "jest/select/select.hpp"

namespace jest {

Selection uniform_picks(std::span<const std::int64_t> ids, std::int64_t count,
                        const NoiseKey& key) {
  const std::vector<float> zeros(ids.size(), 0.0F);
  SeparableScores scores(Losses{zeros, {}}, kHardLearner);
  return select(
      scores,
      {.count = count, .preset = Preset::kUniform, .seed = key.seed, .step = key.step, .ids = ids});
}

}  // namespace jest
