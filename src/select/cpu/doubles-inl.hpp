// The vector twins of core/exact/elementary.hpp: same operations,
// same order, same bits; included once for each instruction set, as Highway's -inl headers are.
#if defined(JEST_DOUBLES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JEST_DOUBLES_INL
#undef JEST_DOUBLES_INL
#else
#define JEST_DOUBLES_INL
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "jest/core/exact/elementary.hpp"

// Only AVX2 and what is better (a smaller number) has fused multiply-adds and shifts of 64-bit
// lanes here; other targets leave it to the scalar functions.
#undef JEST_HAS_DOUBLES
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2 && HWY_NATIVE_FMA
#define JEST_HAS_DOUBLES 1
#else
#define JEST_HAS_DOUBLES 0
#endif

#if JEST_HAS_DOUBLES
HWY_BEFORE_NAMESPACE();
namespace jest::detail::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::ScalableTag<double>;
using Signed = hn::ScalableTag<std::int64_t>;
using Double = hn::Vec<Doubles>;

inline constexpr Doubles kDoubles;
HWY_INLINE Double constant(double value) { return hn::Set(kDoubles, value); }

/// A whole number below 2^51 in magnitude as a double.
HWY_INLINE Double to_double(hn::Vec<Signed> whole) {
  const Double magic = constant(kRoundingShift);
  return hn::Sub(hn::BitCast(kDoubles, hn::Add(whole, hn::BitCast(Signed(), magic))), magic);
}

HWY_INLINE Double log_of(Double x) {
  const Signed bits;
  const auto sqrt_half = hn::Set(bits, kSqrtHalfBits);
  const auto above = hn::Sub(hn::BitCast(bits, x), sqrt_half);
  const Double k = to_double(hn::ShiftRight<52>(above));
  const auto mantissa = hn::And(above, hn::Set(bits, kMantissaBits));
  const Double m = hn::BitCast(kDoubles, hn::Add(mantissa, sqrt_half));
  const Double f = hn::Sub(m, constant(1.0));
  const Double s = hn::Div(f, hn::Add(constant(2.0), f));
  const Double square = hn::Mul(s, s);
  Double series = constant(2.0 / kLastOdd);
  HWY_UNROLL(10)
  for (int odd = kLastOdd - 2; odd >= 3; odd -= 2) {
    series = hn::MulAdd(series, square, constant(2.0 / odd));
  }
  const Double log_m = hn::NegMulAdd(s, hn::NegMulAdd(series, square, f), f);
  const Double rest = hn::MulAdd(k, constant(kLn2Rest), log_m);
  return hn::MulAdd(k, constant(kLn2High), rest);
}

HWY_INLINE Double exp_of_negative(Double x) {
  const Signed bits;
  const Double shift = constant(kRoundingShift);
  const Double shifted = hn::MulAdd(x, constant(kLog2E), shift);
  const Double k = hn::Sub(shifted, shift);
  const Double r = hn::NegMulAdd(k, constant(kLn2Rest), hn::NegMulAdd(k, constant(kLn2High), x));
  Double series = constant(1.0);
  HWY_UNROLL(13)
  for (int n = kLastPower; n >= 1; --n) {
    series = hn::MulAdd(hn::Mul(r, constant(1.0 / n)), series, constant(1.0));
  }
  const auto power = hn::ShiftLeft<52>(hn::Add(hn::BitCast(bits, shifted), hn::Set(bits, 1023)));
  const Double e = hn::Mul(series, hn::BitCast(kDoubles, power));
  return hn::IfThenZeroElse(hn::Lt(x, constant(kLeastExponent)), e);
}

}  // namespace jest::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
#endif
