#pragma once
// The noise of a draw: Gumbel variates as a pure function of (seed, example id, step, round).
//
// Same bits for any order of evaluation, thread count, tile size, world size, compiler and device.
// docs/method.md, section "Sampling".

#include <cstdint>

#include "jest/core/exact/elementary.hpp"
#include "jest/core/exact/philox.hpp"

namespace jest {

/// Where in a run a draw happens. Rounds count from 0 within one selection.
struct NoiseKey {
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
};

/// A uniform variate strictly inside (0, 1) with 52 random bits, exact in double precision.
JEST_HOST_DEVICE inline double uniform_noise(const NoiseKey& key, std::int64_t id,
                                             std::uint32_t round) {
  const auto name = static_cast<std::uint64_t>(id);
  const PhiloxCounter words = philox4x32_10({low_word(name), high_word(name), key.step, round},
                                            {low_word(key.seed), high_word(key.seed)});
  const std::uint64_t bits = (static_cast<std::uint64_t>(words[0] >> 6) << 26) + (words[1] >> 6);
  return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

/// Standard Gumbel noise, -log(-log u).
JEST_HOST_DEVICE inline double gumbel_noise(const NoiseKey& key, std::int64_t id,
                                            std::uint32_t round) {
  return -exact_log(-exact_log(uniform_noise(key, id, round)));
}

}  // namespace jest
