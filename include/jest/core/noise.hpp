#pragma once
// The noise of a draw: Gumbel variates as a pure function of (seed, example id, step, round).
//
// Philox4x32-10 below is a counter-based generator: every random number is a pure function of its
// name, and nothing has to be stored, ordered or locked. Same bits for any order of evaluation,
// thread count, tile size, world size, compiler and device. docs/method.md, section "Sampling".
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).

#include <array>
#include <cstdint>

#include "jest/core/exact/elementary.hpp"

namespace jest {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

namespace detail {

inline constexpr std::uint64_t kPhiloxMultiplier0 = 0xD2511F53;
inline constexpr std::uint64_t kPhiloxMultiplier1 = 0xCD9E8D57;
inline constexpr std::uint32_t kPhiloxWeyl0 = 0x9E3779B9;
inline constexpr std::uint32_t kPhiloxWeyl1 = 0xBB67AE85;

}  // namespace detail

/// The four output words of Philox4x32 with ten rounds.
JEST_HOST_DEVICE constexpr PhiloxCounter philox4x32_10(PhiloxCounter counter, PhiloxKey key) {
  using namespace detail;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = kPhiloxMultiplier0 * counter[0];
    const std::uint64_t product1 = kPhiloxMultiplier1 * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key = {key[0] + kPhiloxWeyl0, key[1] + kPhiloxWeyl1};
  }
  return counter;
}

JEST_HOST_DEVICE constexpr std::uint32_t low_word(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
JEST_HOST_DEVICE constexpr std::uint32_t high_word(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

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
