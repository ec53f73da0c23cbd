// Rows into panels and blocks: transposed four by four, as float32 or as bfloat16; included once
// for each instruction set.
#if defined(JEST_PACKING_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JEST_PACKING_INL
#undef JEST_PACKING_INL
#else
#define JEST_PACKING_INL
#endif

#include <hwy/highway.h>

#include "formulas.hpp"
#include "kernel.hpp"

// A compiler's baseline without vectors of four has no vector kernel either.
#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace jest::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Four rows of four words, transposed.
struct Square {
  using Tag4 = hn::Full128<float>;
  using V4 = hn::Vec<Tag4>;
  V4 row[4];

  HWY_INLINE void store_transposed(std::int64_t stride, float* out) const {
    const Tag4 tag;
    const hn::Full128<double> pairs;
    const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(tag, row[0], row[1]));
    const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(tag, row[2], row[3]));
    const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(tag, row[0], row[1]));
    const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(tag, row[2], row[3]));
    hn::StoreU(hn::BitCast(tag, hn::InterleaveLower(pairs, low01, low23)), tag, out);
    hn::StoreU(hn::BitCast(tag, hn::InterleaveUpper(pairs, low01, low23)), tag, out + stride);
    hn::StoreU(hn::BitCast(tag, hn::InterleaveLower(pairs, high01, high23)), tag, out + 2 * stride);
    hn::StoreU(hn::BitCast(tag, hn::InterleaveUpper(pairs, high01, high23)), tag, out + 3 * stride);
  }
};

using Bits4 = hn::Full128<std::uint32_t>;

/// The nearest bfloat16 in the upper 16 bits, ties to even; what is below is not cleared.
HWY_INLINE hn::Vec<Bits4> nearest_bfloat16(const float* values) {
  const Bits4 bits;
  const auto value = hn::BitCast(bits, hn::LoadU(Square::Tag4(), values));
  const auto odd = hn::And(hn::ShiftRight<16>(value), hn::Set(bits, 1));
  return hn::Add(value, hn::Add(odd, hn::Set(bits, 0x7fff)));
}

struct Float32Words {
  static constexpr std::int64_t kValues = 1;
  static HWY_INLINE Square::V4 load(const float* values) {
    return hn::LoadU(Square::Tag4(), values);
  }
  static HWY_INLINE float word(const float* row, std::int64_t k, std::int64_t) { return row[k]; }
};

/// Floats rounded to bfloat16: multiplied where its own products are missing or no faster.
struct RoundedWords {
  static constexpr std::int64_t kValues = 1;
  static HWY_INLINE Square::V4 load(const float* values) {
    const auto upper = hn::And(nearest_bfloat16(values), hn::Set(Bits4(), 0xffff0000U));
    return hn::BitCast(Square::Tag4(), upper);
  }
  static HWY_INLINE float word(const float* row, std::int64_t k, std::int64_t) {
    return rounded_to_bfloat16(row[k]);
  }
};

/// A word is two neighbouring values as bfloat16, the first in the lower half.
struct Bfloat16Words {
  static constexpr std::int64_t kValues = 2;
  static HWY_INLINE Square::V4 load(const float* values) {
    const Bits4 bits;
    const auto low = nearest_bfloat16(values);
    const auto high = nearest_bfloat16(values + 4);
    const auto even = hn::ShiftRight<16>(hn::ConcatEven(bits, high, low));
    const auto odd = hn::And(hn::ConcatOdd(bits, high, low), hn::Set(bits, 0xffff0000U));
    return hn::BitCast(Square::Tag4(), hn::Or(even, odd));
  }
  static HWY_INLINE float word(const float* row, std::int64_t k, std::int64_t width) {
    const float high = 2 * k + 1 < width ? row[2 * k + 1] : 0.0F;
    return bfloat16_pair(row[2 * k], high);
  }
};

template <class Words>
void pack(const RowPointers& rows, std::int64_t stride, float* out) {
  const auto count = static_cast<std::int64_t>(rows.rows.size());
  const std::int64_t depth = (rows.width + Words::kValues - 1) / Words::kValues;
  const std::int64_t square_rows = count / 4 * 4;
  const std::int64_t square_words = rows.width / (4 * Words::kValues) * 4;
  // Four rows at a time, a stretch of words that stays in the first cache.
  constexpr std::int64_t kStretch = 64;
  for (std::int64_t first = 0; first < square_words; first += kStretch) {
    const std::int64_t end = HWY_MIN(first + kStretch, square_words);
    for (std::int64_t i = 0; i < square_rows; i += 4) {
      for (std::int64_t k = first; k < end; k += 4) {
        Square square;
        for (int r = 0; r < 4; ++r) {
          square.row[r] = Words::load(rows.rows[i + r] + k * Words::kValues);
        }
        square.store_transposed(stride, out + k * stride + i);
      }
    }
  }
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t k = i < square_rows ? square_words : 0; k < depth; ++k) {
      out[k * stride + i] = Words::word(rows.rows[i], k, rows.width);
    }
  }
}

}  // namespace jest::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
#endif
