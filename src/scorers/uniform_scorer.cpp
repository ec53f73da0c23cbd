// Uniform picks: the sampler on equal scores.

#include "jest/scorers/uniform_scorer.hpp"

#include <vector>

#include "jest/select/select.hpp"

namespace jest {

Selection uniform_picks(std::span<const std::int64_t> ids, std::int64_t count, std::uint64_t seed,
                        std::int64_t step) {
  const std::vector<float> zeros(ids.size(), 0.0F);
  return select(
      Losses{.learner = zeros, .reference = {}, .ids = ids},
      {.count = count, .sampling = {.preset = Preset::kUniform}, .seed = seed, .step = step},
      kHardLearner);
}

}  // namespace jest
