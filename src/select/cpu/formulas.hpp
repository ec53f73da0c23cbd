#pragma once
// Constants of the two functions that both kernels, scalar and vector, evaluate in the same order;
// and bfloat16, the upper half of a float.

#include <bit>
#include <cstdint>

namespace jest::cpu {

/// 2^f on [−½, ½] = 1 + f·P(f); relative error of the polynomial 2e-9 (minimax fit).
inline constexpr float kExp2[] = {0.6931471824645996F,    0.24022647738456726F,
                                  0.055503323674201965F,  0.00961843691766262F,
                                  0.0013398875016719103F, 0.00015353361959569156F};
inline constexpr float kSmallestExponent = -126;

/// log2(m) = s·P(s²) with s = (m − 1)/(m + 1): the series of 2·atanh(s)/ln 2.
inline constexpr float kLog2[] = {2.885390081777927F,  0.961796693925976F,  0.5770780163555854F,
                                  0.4121985831111324F, 0.3205988979753252F, 0.2623081892525388F};
inline constexpr float kSqrtHalf = 0.70710678F;

/// Nearest bfloat16, ties to even, of a finite value.
inline float rounded_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000U);
}

/// Two values as bfloat16 in the bits of one float.
inline float bfloat16_pair(float low, float high) {
  const auto low_bits = std::bit_cast<std::uint32_t>(rounded_to_bfloat16(low)) >> 16;
  return std::bit_cast<float>(low_bits | std::bit_cast<std::uint32_t>(rounded_to_bfloat16(high)));
}

inline constexpr double kLog2E = 1.4426950408889634;
inline constexpr double kLn2 = 0.6931471805599453;

}  // namespace jest::cpu
