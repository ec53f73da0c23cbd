#pragma once
// The key by which candidates of a round are ordered: one formula for the host's sampler and the
// CUDA backend, and its image in integers, which sort like keys.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "jest/core/exact/elementary.hpp"
#include "jest/core/noise.hpp"
#include "jest/select/selection.hpp"

namespace jest {

/// What a preset makes of scores: gain · score + noise, or the score itself.
struct KeyRule {
  double gain = 0;
  bool draws = true;  ///< with noise; ranks have none
  NoiseKey noise;
  std::uint32_t first_round = 0;  ///< where the noise begins to count rounds

  /// The key of a candidate whose score is neither NaN nor −inf. Same bits everywhere.
  JEST_HOST_DEVICE double key(double score, double its_noise) const {
    if (score == std::numeric_limits<double>::infinity()) return score;  // not 0·inf
    return draws ? std::fma(gain, score, its_noise) : score;
  }
};

/// Of a checked spec.
inline KeyRule key_rule(const SelectionSpec& spec) {
  const Preset preset = spec.sampling.preset;
  return {.gain = preset == Preset::kUniform ? 0.0 : spec.sampling.gain,
          .draws = preset != Preset::kTopK && preset != Preset::kGreedy,
          .noise = {spec.seed, static_cast<std::uint32_t>(spec.step)},
          .first_round = spec.first_round};
}

/// Below the image of every key.
inline constexpr std::uint64_t kNoKey = 0;

/// Integers in the order of keys, which must not be NaN: a < b exactly when image(a) < image(b).
JEST_HOST_DEVICE inline std::uint64_t ordered_bits(double key) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(key + 0.0);  // −0 and 0 are one key
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

}  // namespace jest
