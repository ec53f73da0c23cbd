#pragma once
// Reading embeddings of any element type, and rounding them to operands: nearest, ties to even.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "plan.hpp"

namespace jest::cuda {

JEST_HOST_DEVICE inline float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Exact: shifts the mantissa into place and lets a multiplication mend the exponent.
JEST_HOST_DEVICE inline float from_float16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000) << 16;
  const std::uint32_t rest = static_cast<std::uint32_t>(bits & 0x7fff) << 13;
  constexpr std::uint32_t kInfinite = 0x7c00 << 13;
  if (rest >= kInfinite) return std::bit_cast<float>(sign | rest | 0x7f800000);
  return std::bit_cast<float>(sign |
                              std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) * 0x1p112F));
}

JEST_HOST_DEVICE inline std::uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return 0x7fff;
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// Below 2^-14 the spacing is that of 0.5 · 2^-23 in float32: adding 0.5 rounds to it.
JEST_HOST_DEVICE inline std::uint16_t to_float16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000;
  const std::uint32_t size = bits & 0x7fffffff;
  if (size > 0x7f800000) return 0x7fff;                                      // NaN
  if (size >= 0x477ff000) return static_cast<std::uint16_t>(sign | 0x7c00);  // from 65520 on
  if (size < 0x38800000) {
    const float shifted = std::bit_cast<float>(size) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000));
  }
  const std::uint32_t rounded = size + 0xfff + ((size >> 13) & 1);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

/// from_float16, by the device's own instruction where there is one.
JEST_HOST_DEVICE inline float widened_float16(std::uint16_t bits) {
#ifdef __CUDA_ARCH__
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
#else
  return from_float16(bits);
#endif
}

JEST_HOST_DEVICE inline float load(const void* data, std::int64_t at, Element element) {
  if (element == Element::kFloat32) return static_cast<const float*>(data)[at];
  const std::uint16_t bits = static_cast<const std::uint16_t*>(data)[at];
  return element == Element::kFloat16 ? widened_float16(bits) : from_bfloat16(bits);
}

/// `value` as 16 bits of `type`, which has 16.
JEST_HOST_DEVICE inline std::uint16_t narrowed(float value, OperandType type) {
#ifdef __CUDA_ARCH__
  std::uint16_t bits;
  if (type == OperandType::kFloat16) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  } else {
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  }
  return bits;
#else
  return type == OperandType::kFloat16 ? to_float16(value) : to_bfloat16(value);
#endif
}

/// Whether a finite value becomes infinite as an operand.
JEST_HOST_DEVICE inline bool overflows(float value, OperandType type) {
  const bool narrow = type == OperandType::kFloat16 || type == OperandType::kFloat16x3;
  return narrow && std::fabs(value) >= 65520.0F && !std::isinf(value);
}

/// A float32 as high + low / kLowScale, both float16; low has the next 11 bits. It is scaled so as
/// to be a normal number where unit rows have their elements; the high part that meets it is scaled
/// down by as much.
/// Source: Ootomo and Yokota, arXiv 2203.03341, whose scaling this is in two halves.
struct Split {
  static constexpr float kLowScale = 64;
  std::uint16_t high;
  std::uint16_t high_scaled;
  std::uint16_t low;
};

JEST_HOST_DEVICE inline Split split(float value) {
  const std::uint16_t high = narrowed(value, OperandType::kFloat16);
  const float rounded = widened_float16(high);
  return {high, narrowed(rounded / Split::kLowScale, OperandType::kFloat16),
          narrowed((value - rounded) * Split::kLowScale, OperandType::kFloat16)};
}

JEST_HOST_DEVICE inline void store(void* data, std::int64_t at, float value, OperandType type) {
  if (type == OperandType::kTf32 || type == OperandType::kFloat32) {
    static_cast<float*>(data)[at] = value;
  } else {
    static_cast<std::uint16_t*>(data)[at] = narrowed(value, type);
  }
}

}  // namespace jest::cuda
