// What of the trainer does not depend on its models: the seed of a step.

#include "jest/train/trainer.hpp"

#include <torch/torch.h>

#include "jest/core/noise.hpp"

namespace jest {

namespace detail {

void seed_step(std::uint64_t seed, std::int64_t step, int rank) {
  constexpr std::uint32_t kStream = 0x73746570;
  const auto count = static_cast<std::uint64_t>(step);
  const auto words =
      philox4x32_10({low_word(count), high_word(count), static_cast<std::uint32_t>(rank), 0},
                    {low_word(seed) ^ kStream, high_word(seed)});
  torch::manual_seed((static_cast<std::uint64_t>(words[0]) << 32) | words[1]);
}

}  // namespace detail
}  // namespace jest
