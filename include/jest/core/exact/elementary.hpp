#pragma once
// Logarithm and exponential with the same bits everywhere. Math libraries differ in the last bit,
// and so would picks between machines, compilers, and CPU and GPU; here only IEEE operations and
// explicit fused multiply-adds take part, so nothing is left for a compiler to contract.
//
// log x = k·ln 2 + log m with m = 1 + f in [√½, √2); with s = f / (2 + f), log m = 2·artanh s
// = f − s·(f − 2(s²/3 + s⁴/5 + …)): the series of the inverse hyperbolic tangent.
//
// e^x = 2^k·e^r with k the whole number nearest to x / ln 2, so that |r| <= ln 2 / 2, and
// e^r = 1 + r(1 + r/2·(1 + r/3·(…))), Taylor's series to r^13. The product of the two is exact, for
// no result is below the normal numbers.

#include <bit>
#include <cmath>
#include <cstdint>

// Formulas that run on the host and in CUDA kernels are written once and marked with this.
#ifdef __CUDACC__
#define JEST_HOST_DEVICE __host__ __device__
#else
#define JEST_HOST_DEVICE
#endif

namespace jest {

namespace detail {

inline constexpr std::int64_t kMantissaBits = 0x000fffffffffffff;
inline constexpr std::int64_t kSqrtHalfBits = 0x3fe6a09e667f3bcd;
inline constexpr double kLn2High = 0x1.62e42fefa39efp-1;
inline constexpr double kLn2Rest = 0x1.abc9e3b39803fp-56;
inline constexpr int kLastOdd = 23;  ///< of the series

}  // namespace detail

/// log x of a normal x > 0, within 1.25 units in the last place. O(1).
JEST_HOST_DEVICE inline double exact_log(double x) {
  using namespace detail;
  const std::int64_t above = std::bit_cast<std::int64_t>(x) - kSqrtHalfBits;
  const auto k = static_cast<double>(above >> 52);
  const double f = std::bit_cast<double>((above & kMantissaBits) + kSqrtHalfBits) - 1.0;
  const double s = f / (2.0 + f);
  const double square = s * s;
  double series = 2.0 / kLastOdd;
  for (int odd = kLastOdd - 2; odd >= 3; odd -= 2) series = std::fma(series, square, 2.0 / odd);
  const double log_m = std::fma(-s, std::fma(-series, square, f), f);
  return std::fma(k, kLn2High, std::fma(k, kLn2Rest, log_m));
}

namespace detail {

/// e to this is still a normal number; below it, zero.
inline constexpr double kLeastExponent = -708.0;
inline constexpr double kLog2E = 0x1.71547652b82fep+0;
/// Added to a number below 2^51 it rounds that to a whole one, which is then in the low bits.
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
