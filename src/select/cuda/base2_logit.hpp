#pragma once
// A logit in base 2, v = log2(e)·(t·dot + β), from a float32 product.

#include <cmath>

#include "jest/core/exact/elementary.hpp"

namespace jest::cuda {

inline constexpr double kLog2E = 1.4426950408889634;
inline constexpr double kLn2 = 0.6931471805599453;

/// v = (scale·dot + (scale_rest·dot + bias_rest)) + bias. Each constant is the sum of two floats,
/// since a rounded one would push all logits the same way.
struct Base2Logit {
  float scale = 0;
  float bias = 0;
  float scale_rest = 0;
  float bias_rest = 0;

  JEST_HOST_DEVICE float of(float dot) const {
    return ::fmaf(scale, dot, ::fmaf(scale_rest, dot, bias_rest)) + bias;
  }
};

inline Base2Logit base2_logit(double scale, double bias) {
  const auto scale_rounded = static_cast<float>(kLog2E * scale);
  const auto bias_rounded = static_cast<float>(kLog2E * bias);
  return {scale_rounded, bias_rounded, static_cast<float>(kLog2E * scale - scale_rounded),
          static_cast<float>(kLog2E * bias - bias_rounded)};
}

/// Softmax's fused route adds up 2^(v − shift) in float32, without a maximum. In rows of length 1,
/// |v| ≤ log2(e)·t, and nothing exceeds 2^120.
inline double fused_shift(double scale) {
  constexpr double kMostExponent = 120;
  return std::fmax(0.0, std::ceil(kLog2E * scale - kMostExponent));
}

}  // namespace jest::cuda
