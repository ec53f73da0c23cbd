// Vectors of candidates and the two functions of logits on them; included once for each instruction
// set, as Highway's own -inl headers are.
#if defined(JEST_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JEST_VECTORS_INL
#undef JEST_VECTORS_INL
#else
#define JEST_VECTORS_INL
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "formulas.hpp"
#include "kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace jest::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using IntTag = hn::RebindToSigned<Tag>;
using V = hn::Vec<Tag>;

inline constexpr Tag kTag;
inline constexpr IntTag kIntTag;
inline constexpr std::int64_t kWidth = hn::MaxLanes(kTag);
inline constexpr std::int64_t kVectors = kLanes / kWidth;  ///< of candidates in a panel
HWY_INLINE V constant(float value) { return hn::Set(kTag, value); }

/// Adding 1.5·2^23 rounds to a whole number, which then lies in the low bits; 127 more make it the
/// exponent of a float. Half the instructions of rounding and converting.
HWY_INLINE V exp2_of_negative(V x) {
  const V clamped = hn::Max(x, constant(kSmallestExponent));
  const V shift = constant(0x1.8p23F + 127);
  const V raised = hn::Add(clamped, shift);
  const V f = hn::Sub(clamped, hn::Sub(raised, shift));
  V p = constant(kExp2[5]);
  HWY_UNROLL(5)
  for (int k = 4; k >= 0; --k) p = hn::MulAdd(p, f, constant(kExp2[k]));
  p = hn::MulAdd(p, f, constant(1.0F));
  const auto power = hn::ShiftLeft<23>(hn::BitCast(kIntTag, raised));
  return hn::Mul(p, hn::BitCast(kTag, power));
}

HWY_INLINE V log2_of_one_plus(V q) {
  const V one = constant(1.0F);
  const V w = hn::Add(one, q);
  const V lost = hn::Div(hn::Sub(q, hn::Sub(w, one)), w);
  const auto half = hn::BitCast(kIntTag, constant(kSqrtHalf));
  const auto bits = hn::Sub(hn::BitCast(kIntTag, w), half);
  const V exponent = hn::ConvertTo(kTag, hn::ShiftRight<23>(bits));
  const V m = hn::BitCast(kTag, hn::Add(hn::And(bits, hn::Set(kIntTag, 0x007fffff)), half));
  const V s = hn::Div(hn::Sub(m, one), hn::Add(m, one));
  const V square = hn::Mul(s, s);
  V p = constant(kLog2[5]);
  HWY_UNROLL(5)
  for (int k = 4; k >= 0; --k) p = hn::MulAdd(p, square, constant(kLog2[k]));
  return hn::Add(exponent, hn::MulAdd(lost, constant(static_cast<float>(kLog2E)), hn::Mul(s, p)));
}

}  // namespace jest::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
