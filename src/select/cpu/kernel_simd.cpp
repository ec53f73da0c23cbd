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

#include "groups-inl.hpp"
#include "kernel.hpp"
#include "packing-inl.hpp"
#include "vectors-inl.hpp"

#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512bf16")
#else
HWY_BEFORE_NAMESPACE();
#endif

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_NEON
namespace jest::cpu::HWY_NAMESPACE {

inline constexpr std::int64_t kStrip = kVectors * kWidth;
/// Picked rows at a time: 2 · 12 accumulators of 32 registers, or 2 · 6 of 16.
inline constexpr std::int64_t kColumns = HWY_TARGET == HWY_AVX2 ? 6 : 12;

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

template <class Dot, class Words>
Kernel kernel(InstructionSet set) {
  return {set, Words::kValues, pack<Words>, reduce<Dot, SigmoidGroup>, reduce<Dot, SoftmaxGroup>};
}

/// Products in float32, of values that are rounded to bfloat16 where those are asked for.
Kernel float32_kernel(InstructionSet set, Operands operands) {
  return operands == Operands::kFloat32 ? kernel<Float32Dot, Float32Words>(set)
                                        : kernel<Float32Dot, RoundedWords>(set);
}

}  // namespace jest::cpu::HWY_NAMESPACE
#endif
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jest::cpu {
namespace {

#if HWY_TARGETS & HWY_AVX3
/// Whether products of bfloat16 are faster than of float32. AMD's processors double the FLOPs of
/// float32 with vdpbf16ps; Intel's halve them (Emerald Rapids: 81 GFLOP/s a core against 172).
bool multiplies_bfloat16_faster() {
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_is("amd");
}
#endif

std::vector<Kernel> kernels_of_this_machine(Operands operands) {
  std::vector<Kernel> found;
  const std::int64_t supported = hwy::SupportedTargets();
#if HWY_TARGETS & HWY_AVX3
  if (supported & HWY_AVX3) {
    if (operands == Operands::kBfloat16 && multiplies_bfloat16_faster()) {
      using Dot = N_AVX3::Bfloat16Dot;
      found.push_back(N_AVX3::kernel<Dot, N_AVX3::Bfloat16Words>(InstructionSet::kAvx512));
    } else {
      found.push_back(N_AVX3::float32_kernel(InstructionSet::kAvx512, operands));
    }
  }
#endif
#if HWY_TARGETS & HWY_AVX2
  if (supported & HWY_AVX2) {
    found.push_back(N_AVX2::float32_kernel(InstructionSet::kAvx2, operands));
  }
#endif
#if HWY_TARGETS & HWY_NEON
  if (supported & HWY_NEON) {
    found.push_back(N_NEON::float32_kernel(InstructionSet::kNeon, operands));
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
