#pragma once
// e^x for x <= 0 with the same bits everywhere, as core/exact/logarithm.hpp has log x.
//
// e^x = 2^k·e^r with k the whole number nearest to x / ln 2, so that |r| <= ln 2 / 2, and
// e^r = 1 + r(1 + r/2·(1 + r/3·(…))), Taylor's series to r^13. The product of the two is exact, for
// no result is below the normal numbers, and so nothing is left for a compiler to contract.

#include <bit>
#include <cmath>
#include <cstdint>

#include "jest/core/exact/host_device.hpp"
#include "jest/core/exact/logarithm.hpp"

namespace jest {
namespace detail {

/// e to this is still a normal number; below it, zero.
inline constexpr double kLeastExponent = -708.0;
inline constexpr double kLog2E = 0x1.71547652b82fep+0;
/// Added to a number below 2^51 it rounds that to a whole one, which then lies in the low bits.
inline constexpr double kRoundingShift = 0x1.8p52;
inline constexpr int kLastPower = 13;  ///< of the series

}  // namespace detail

/// e^x of x <= 0 within 1.25 units in the last place; zero below −708, NaN of NaN. O(1).
JEST_HOST_DEVICE inline double exact_exp_of_negative(double x) {
  using namespace detail;
  if (x < kLeastExponent) return 0.0;
  const double shifted = std::fma(x, kLog2E, kRoundingShift);
  const double k = shifted - kRoundingShift;
  const double r = std::fma(-k, kLn2Rest, std::fma(-k, kLn2High, x));
  double series = 1.0;
  for (int n = kLastPower; n >= 1; --n) series = std::fma(r * (1.0 / n), series, 1.0);
  const std::uint64_t power = (std::bit_cast<std::uint64_t>(shifted) + 1023) << 52;
  return series * std::bit_cast<double>(power);
}

}  // namespace jest
