// The vector kernels, one for each instruction set with fused multiply-adds, through Highway.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "select/cpu/kernel_simd.cpp"
// Targets that differ from the three below in nothing that is used here; as a compiler's baseline
// they would take the place of those.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SVE | HWY_SVE2)
#endif
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <vector>

#include "formulas.hpp"
#include "kernel.hpp"

#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512bf16")
#else
HWY_BEFORE_NAMESPACE();
#endif

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_NEON
namespace jest::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using IntTag = hn::RebindToSigned<Tag>;
using V = hn::Vec<Tag>;

inline constexpr Tag kTag;
inline constexpr IntTag kIntTag;
inline constexpr std::int64_t kWidth = hn::MaxLanes(kTag);
inline constexpr std::int64_t kVectors = 2;  ///< of candidates that a strip holds in registers
inline constexpr std::int64_t kStrip = kVectors * kWidth;
/// Picked rows at a time: 2 · 12 accumulators of 32 registers, or 2 · 6 of 16.
inline constexpr std::int64_t kColumns = HWY_TARGET == HWY_AVX2 ? 6 : 12;

HWY_INLINE V constant(float value) { return hn::Set(kTag, value); }

HWY_INLINE V exp2_of_negative(V x) {
  const V clamped = hn::Max(x, constant(kSmallestExponent));
  const V whole = hn::Round(clamped);
  const V f = hn::Sub(clamped, whole);
  V p = constant(kExp2[5]);
  HWY_UNROLL(5)
  for (int k = 4; k >= 0; --k) p = hn::MulAdd(p, f, constant(kExp2[k]));
  p = hn::MulAdd(p, f, constant(1.0F));
  const auto exponent = hn::Add(hn::ConvertTo(kIntTag, whole), hn::Set(kIntTag, 127));
  return hn::Mul(p, hn::BitCast(kTag, hn::ShiftLeft<23>(exponent)));
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

/// Chains of fused multiply-adds in float32.
struct Float32Dot {
  static HWY_INLINE V multiply_add(V candidates, V picked, V sum) {
    return hn::MulAdd(candidates, picked, sum);
  }
};

#if HWY_TARGET == HWY_AVX3
/// Pairs of bfloat16 products added to float32 by vdpbf16ps.
struct Bfloat16Dot {
  static HWY_INLINE V multiply_add(V candidates, V picked, V sum) {
    return V{_mm512_dpbf16_ps(sum.raw, (__m512bh)candidates.raw, (__m512bh)picked.raw)};
  }
};
#endif

/// Where a strip of candidates and a few columns of a block begin.
struct Tile {
  const float* panel;   ///< [depth][32], at the strip's first lane
  const float* picked;  ///< [depth][stride], at the first column
  std::int64_t depth;
  std::int64_t stride;
  const float* ahead;  ///< to be fetched into the cache
  std::int64_t ahead_step;
};

/// Sums of kStrip candidates' products with `columns` picked rows over words [0, words), in
/// registers; the tile's pointers move on.
template <class Dot, int columns>
HWY_INLINE void chain_of(Tile& tile, std::int64_t words, V (&v)[columns][kVectors]) {
  HWY_UNROLL(12)
  for (int j = 0; j < columns; ++j) v[j][0] = v[j][1] = hn::Zero(kTag);
  const float* HWY_RESTRICT panel = tile.panel;
  const float* HWY_RESTRICT picked = tile.picked;
  const float* ahead = tile.ahead;
  const std::int64_t ahead_step = tile.ahead_step;
  const std::int64_t stride = tile.stride;
  for (std::int64_t k = 0; k < words; ++k) {
    const V a0 = hn::Load(kTag, panel);
    const V a1 = hn::Load(kTag, panel + kWidth);
    HWY_UNROLL(12)
    for (int j = 0; j < columns; ++j) {
      const V b = constant(picked[j]);
      v[j][0] = Dot::multiply_add(a0, b, v[j][0]);
      v[j][1] = Dot::multiply_add(a1, b, v[j][1]);
    }
    __builtin_prefetch(ahead, 0, 2);
    panel += kLanes;
    picked += stride;
    ahead += ahead_step;
  }
  tile.panel = panel;
  tile.picked = picked;
  tile.ahead = ahead;
}

/// Adds what earlier chains left in `total` to `v`.
template <int columns>
HWY_INLINE void add_stored(const float* total, V (&v)[columns][kVectors]) {
  HWY_UNROLL(12)
  for (int j = 0; j < columns; ++j) {
    v[j][0] = hn::Add(hn::Load(kTag, total + 2 * j * kWidth), v[j][0]);
    v[j][1] = hn::Add(hn::Load(kTag, total + (2 * j + 1) * kWidth), v[j][1]);
  }
}

/// Logits of kStrip candidates against `columns` picked rows.
template <class Dot, int columns>
HWY_INLINE void logits_of(Tile tile, const Logit& logit, V (&v)[columns][kVectors]) {
  HWY_ALIGN float total[columns * kVectors * kWidth];
  chain_of<Dot>(tile, HWY_MIN(kChainWords, tile.depth), v);
  for (std::int64_t first = kChainWords; first < tile.depth; first += kChainWords) {
    if (first > kChainWords) add_stored(total, v);
    HWY_UNROLL(12)
    for (int j = 0; j < columns; ++j) {
      hn::Store(v[j][0], kTag, total + 2 * j * kWidth);
      hn::Store(v[j][1], kTag, total + (2 * j + 1) * kWidth);
    }
    chain_of<Dot>(tile, HWY_MIN(kChainWords, tile.depth - first), v);
  }
  if (tile.depth > kChainWords) add_stored(total, v);
  HWY_UNROLL(12)
  for (int j = 0; j < columns; ++j) {
    for (int s = 0; s < kVectors; ++s) {
      const V rest = hn::MulAdd(constant(logit.scale_rest), v[j][s], constant(logit.bias_rest));
      v[j][s] = hn::Add(hn::MulAdd(constant(logit.scale), v[j][s], rest), constant(logit.bias));
    }
  }
}

/// Lanes of own[0, kStrip) that are column `column` themselves get the logit −inf.
template <int columns>
HWY_INLINE void mask_own(const std::int32_t* own, std::int64_t column, V (&v)[columns][kVectors]) {
  for (int j = 0; j < columns; ++j) {
    for (int s = 0; s < kVectors; ++s) {
      const auto lanes = hn::Load(kIntTag, own + s * kWidth);
      const auto is_own = hn::Eq(lanes, hn::Set(kIntTag, static_cast<std::int32_t>(column) + j));
      v[j][s] = hn::IfThenElse(hn::RebindMask(kTag, is_own), constant(-INFINITY), v[j][s]);
    }
  }
}

/// Σ log2(1 + 2^v) of a group of columns = Σ max(v, 0) + log2 Π (1 + 2^-|v|); q is Π less one.
struct SigmoidGroup {
  using Lanes = SigmoidLanes;
  V linear[kVectors];
  V q[kVectors];

  HWY_INLINE void start(const Lanes&, std::int64_t) {
    for (int s = 0; s < kVectors; ++s) linear[s] = q[s] = hn::Zero(kTag);
  }

  template <int columns>
  HWY_INLINE void add(const V (&v)[columns][kVectors]) {
    HWY_UNROLL(12)
    for (int j = 0; j < columns; ++j) {
      HWY_UNROLL(2)
      for (int s = 0; s < kVectors; ++s) {
        const V e = exp2_of_negative(hn::Neg(hn::Abs(v[j][s])));
        linear[s] = hn::Add(linear[s], hn::Max(v[j][s], hn::Zero(kTag)));
        q[s] = hn::MulAdd(q[s], e, hn::Add(q[s], e));
      }
    }
  }

  HWY_INLINE void finish(Lanes& lanes, std::int64_t first) const {
    HWY_ALIGN float parts[2][kWidth];
    for (int s = 0; s < kVectors; ++s) {
      hn::Store(linear[s], kTag, parts[0]);
      hn::Store(log2_of_one_plus(q[s]), kTag, parts[1]);
      double* sums = lanes.sums + first + s * kWidth;
      for (std::int64_t i = 0; i < kWidth; ++i) {
        sums[i] += static_cast<double>(parts[0][i]) + static_cast<double>(parts[1][i]);
      }
    }
  }
};

/// Σ 2^v as (largest, sum below it); the maximum moves once every kSoftmaxStep columns.
struct SoftmaxGroup {
  using Lanes = SoftmaxLanes;
  V before[kVectors];
  V largest[kVectors];
  V sum[kVectors];

  HWY_INLINE void start(const Lanes& lanes, std::int64_t first) {
    for (int s = 0; s < kVectors; ++s) {
      before[s] = largest[s] = hn::LoadU(kTag, lanes.largest + first + s * kWidth);
      sum[s] = hn::Zero(kTag);
    }
  }

  template <int columns>
  HWY_INLINE void add(const V (&v)[columns][kVectors]) {
    for (int first = 0; first < columns; first += kSoftmaxStep) {
      const int end = HWY_MIN(first + kSoftmaxStep, columns);
      for (int s = 0; s < kVectors; ++s) {
        V top = largest[s];
        for (int j = first; j < end; ++j) top = hn::Max(top, v[j][s]);
        sum[s] = hn::Mul(sum[s], exp2_of_negative(hn::Sub(largest[s], top)));
        for (int j = first; j < end; ++j) {
          sum[s] = hn::Add(sum[s], exp2_of_negative(hn::Sub(v[j][s], top)));
        }
        largest[s] = top;
      }
    }
  }

  HWY_INLINE void finish(Lanes& lanes, std::int64_t first) const {
    HWY_ALIGN float parts[2][kWidth];
    for (int s = 0; s < kVectors; ++s) {
      hn::Store(exp2_of_negative(hn::Sub(before[s], largest[s])), kTag, parts[0]);
      hn::Store(sum[s], kTag, parts[1]);
      hn::StoreU(largest[s], kTag, lanes.largest + first + s * kWidth);
      double* sums = lanes.sums + first + s * kWidth;
      for (std::int64_t i = 0; i < kWidth; ++i) {
        sums[i] = sums[i] * static_cast<double>(parts[0][i]) + static_cast<double>(parts[1][i]);
      }
    }
  }
};

/// One tile: `columns` picked rows from `column` on, and the strip of lanes from `first` on.
struct Step {
  const PanelTask& task;
  std::int64_t block;
  std::int64_t begin;   ///< first column of the block
  std::int64_t width;   ///< columns of the block
  std::int64_t column;  ///< within the block
  std::int64_t first;
};

template <class Dot, int columns, class Group>
HWY_NOINLINE void add_tile(const Step& step, Group& group) {
  const Blocks& picked = step.task.picked;
  const Ahead& next = step.task.ahead;
  const bool fetches = step.first == 0 && step.column == 0 && step.block < next.blocks;
  const Tile tile{.panel = step.task.panel + step.first,
                  .picked = picked.words + step.begin * picked.depth + step.column,
                  .depth = picked.depth,
                  .stride = step.width,
                  .ahead = fetches ? next.first + step.block * next.block_floats : step.task.panel,
                  .ahead_step = fetches ? next.step : 0};
  V v[columns][kVectors];
  logits_of<Dot>(tile, step.task.logit, v);
  const std::int32_t* own = step.task.own_columns;
  if (own) mask_own(own + step.first, step.begin + step.column, v);
  group.template add<columns>(v);
}

/// add_tile with the constant that `columns` is.
template <class Dot, class Group, int candidate = kColumns>
HWY_INLINE void add_columns(std::int64_t columns, const Step& step, Group& group) {
  if (columns == candidate) return add_tile<Dot, candidate>(step, group);
  if constexpr (candidate > 1) add_columns<Dot, Group, candidate - 1>(columns, step, group);
}

template <class Dot, class Group>
void reduce(const PanelTask& task, typename Group::Lanes& lanes) {
  const Blocks& picked = task.picked;
  const std::int64_t blocks = picked.count();
  const std::int64_t per_group = picked.per_group();
  for (std::int64_t first = 0; first < kLanes; first += kStrip) {
    Group group;
    for (std::int64_t block = 0; block < blocks; ++block) {
      if (block % per_group == 0) group.start(lanes, first);
      const std::int64_t begin = picked.begin(block);
      const std::int64_t width = picked.begin(block + 1) - begin;
      for (std::int64_t column = 0; column < width; column += kColumns) {
        add_columns<Dot>(HWY_MIN(kColumns, width - column),
                         {task, block, begin, width, column, first}, group);
      }
      if (block + 1 == blocks || (block + 1) % per_group == 0) group.finish(lanes, first);
    }
  }
}

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

/// Floats rounded to bfloat16: what machines without its instructions multiply.
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

template <class Dot, class Words>
Kernel kernel(InstructionSet set) {
  return {set, Words::kValues, pack<Words>, reduce<Dot, SigmoidGroup>, reduce<Dot, SoftmaxGroup>};
}

}  // namespace jest::cpu::HWY_NAMESPACE
#endif
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jest::cpu {
namespace {

std::vector<Kernel> kernels_of_this_machine(Operands operands) {
  std::vector<Kernel> found;
  const std::int64_t supported = hwy::SupportedTargets();
  const bool narrow = operands == Operands::kBfloat16;
#if HWY_TARGETS & HWY_AVX3
  if (supported & HWY_AVX3) {
    namespace avx512 = N_AVX3;
    const auto set = InstructionSet::kAvx512;
    if (!narrow) {
      found.push_back(avx512::kernel<avx512::Float32Dot, avx512::Float32Words>(set));
    } else if (__builtin_cpu_supports("avx512bf16")) {
      found.push_back(avx512::kernel<avx512::Bfloat16Dot, avx512::Bfloat16Words>(set));
    } else {
      found.push_back(avx512::kernel<avx512::Float32Dot, avx512::RoundedWords>(set));
    }
  }
#endif
#if HWY_TARGETS & HWY_AVX2
  if (supported & HWY_AVX2) {
    namespace avx2 = N_AVX2;
    const auto set = InstructionSet::kAvx2;
    found.push_back(narrow ? avx2::kernel<avx2::Float32Dot, avx2::RoundedWords>(set)
                           : avx2::kernel<avx2::Float32Dot, avx2::Float32Words>(set));
  }
#endif
#if HWY_TARGETS & HWY_NEON
  if (supported & HWY_NEON) {
    namespace neon = N_NEON;
    const auto set = InstructionSet::kNeon;
    found.push_back(narrow ? neon::kernel<neon::Float32Dot, neon::RoundedWords>(set)
                           : neon::kernel<neon::Float32Dot, neon::Float32Words>(set));
  }
#endif
  found.push_back(scalar_kernel(operands));
  return found;
}

}  // namespace

std::span<const Kernel> kernels(Operands operands) {
  static const std::vector<Kernel> float32 = kernels_of_this_machine(Operands::kFloat32);
  static const std::vector<Kernel> bfloat16 = kernels_of_this_machine(Operands::kBfloat16);
  return operands == Operands::kFloat32 ? float32 : bfloat16;
}

}  // namespace jest::cpu
#endif
