#pragma once
// Gumbel noise of many candidates at a time, in vectors where the machine has them.

#include <cstdint>
#include <span>

#include "jest/core/noise.hpp"

namespace jest::detail {

/// noise[k] = gumbel_noise(key, ids[k], round), bit for bit on every instruction set. O(ids).
void gumbel_noise_batch(const NoiseKey& key, std::uint32_t round, std::span<const std::int64_t> ids,
                        double* noise);

}  // namespace jest::detail
