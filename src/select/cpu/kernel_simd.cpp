// The vector kernels, one for each instruction set with fused multiply-adds, through Highway.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "select/cpu/kernel_simd.cpp"
// The three targets below and Highway's fallback. Others, which newer versions of Highway add to,
// differ in nothing that is used here, and would take the place of those as a compiler's baseline.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (~(HWY_AVX3 | HWY_AVX2 | HWY_NEON | HWY_EMU128 | HWY_SCALAR))
#endif
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <vector>

#include "ahead-inl.hpp"
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

inline constexpr std::int64_t kStripVectors = 2;  ///< of candidates, with their sums in registers
inline constexpr std::int64_t kStrip = kStripVectors * kWidth;
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

/// A strip of candidates and a few columns of a block, over the words of one chain.
struct Tile {
  const float* panel;   ///< [words][32], at the strip's first lane
  const float* picked;  ///< [words][stride], at the first column
  float* products;      ///< [columns][32], at the strip's first lane
  std::int64_t words;
  std::int64_t stride;
  const float* next_picked;  ///< [words][stride], to be fetched into the cache
  const float* ahead;        ///< a line a word, likewise; or null
};

/// Sums over the tile's words, in registers.
template <class Dot, bool fetches_ahead, int columns>
HWY_INLINE void chain_of(const Tile& tile, V (&v)[columns][kStripVectors]) {
  HWY_UNROLL(12)
  for (int j = 0; j < columns; ++j) v[j][0] = v[j][1] = hn::Zero(kTag);
  const float* HWY_RESTRICT panel = tile.panel;
  const float* HWY_RESTRICT picked = tile.picked;
  const float* next_picked = tile.next_picked;
  const float* ahead = tile.ahead;
  const std::int64_t stride = tile.stride;
  const std::int64_t words = tile.words;
  for (std::int64_t k = 0; k < words; ++k) {
    const V a0 = hn::Load(kTag, panel);
    const V a1 = hn::Load(kTag, panel + kWidth);
    HWY_UNROLL(12)
    for (int j = 0; j < columns; ++j) {
      const V b = constant(picked[j]);
      v[j][0] = Dot::multiply_add(a0, b, v[j][0]);
      v[j][1] = Dot::multiply_add(a1, b, v[j][1]);
    }
    if constexpr (fetches_ahead) {
      __builtin_prefetch(ahead, 0, 2);
      ahead += kLine;
    }
    __builtin_prefetch(next_picked, 0, 2);
    panel += kLanes;
    picked += stride;
    next_picked += stride;
  }
}

/// Adds the tile's chains to its products, which the first chain sets.
template <class Dot, bool fetches_ahead, int columns>
HWY_NOINLINE void add_tile(const Tile& tile, bool is_first) {
  V v[columns][kStripVectors];
  chain_of<Dot, fetches_ahead>(tile, v);
  float* HWY_RESTRICT products = tile.products;
  HWY_UNROLL(12)
  for (int j = 0; j < columns; ++j) {
    HWY_UNROLL(2)
    for (int s = 0; s < kStripVectors; ++s) {
      float* at = products + j * kLanes + s * kWidth;
      hn::Store(is_first ? v[j][s] : hn::Add(hn::Load(kTag, at), v[j][s]), kTag, at);
    }
  }
}

/// add_tile with the constant that `columns` is.
template <class Dot, int candidate = kColumns>
HWY_INLINE void add_columns(std::int64_t columns, const Tile& tile, bool is_first) {
  if (columns == candidate) {
    return tile.ahead ? add_tile<Dot, true, candidate>(tile, is_first)
                      : add_tile<Dot, false, candidate>(tile, is_first);
  }
  if constexpr (candidate > 1) add_columns<Dot, candidate - 1>(columns, tile, is_first);
}

/// The words of a chain, [words][32]; `room` is for those that are not packed.
template <class Words>
HWY_INLINE const float* chain_words(const PanelTask& task, std::int64_t word, float* room) {
  if (task.candidates.packed) return task.candidates.packed + word * kLanes;
  const RowPointers& all = task.candidates.rows;
  const std::int64_t first = word * Words::kValues;
  const float* rows[kLanes];
  for (std::int64_t lane = 0; lane < kLanes; ++lane) rows[lane] = all.rows[lane] + first;
  pack<Words>({rows, HWY_MIN(kChainWords * Words::kValues, all.width - first)}, kLanes, room);
  return room;
}

/// With fewer blocks, fetching packed words all at once would keep the tiles waiting: they do it,
/// a line a word.
inline constexpr std::int64_t kManyBlocks = 8;

/// `products` [columns of the range][32]. Chain by chain: the panel's words of one stay in the
/// first cache for all columns, and all picked rows are read once, in order.
template <class Dot, class Words>
void multiply(const PanelTask& task, BlockRange range, float* products) {
  HWY_ALIGN float room[kChainWords * kLanes];
  const Blocks& picked = task.picked;
  const std::int64_t blocks = range.end - range.first;
  for (std::int64_t word = 0; word < picked.depth; word += kChainWords) {
    const float* panel = chain_words<Words>(task, word, room);
    const std::int64_t words = HWY_MIN(kChainWords, picked.depth - word);
    const Following next = following(task, range, word);
    const bool by_tiles = next.is_packed() && blocks < kManyBlocks;
    const float* ahead = by_tiles ? next.packed() : nullptr;
    const float* ahead_end = by_tiles ? ahead + next.words * kLanes : nullptr;
    for (std::int64_t block = range.first; block < range.end; ++block) {
      if (next.candidates && !by_tiles) fetch<Words>(next, block - range.first, blocks);
      const std::int64_t width = picked.width(block);
      float* out = products + (picked.begin(block) - picked.begin(range.first)) * kLanes;
      for (std::int64_t column = 0; column < width; column += kColumns) {
        for (std::int64_t lane = 0; lane < kLanes; lane += kStrip) {
          const Tile tile{.panel = panel + lane,
                          .picked = picked.at(block, word) + column,
                          .products = out + column * kLanes + lane,
                          .words = words,
                          .stride = width,
                          .next_picked = picked_after(picked, range, block, word),
                          .ahead = ahead < ahead_end ? ahead : nullptr};
          add_columns<Dot>(HWY_MIN(kColumns, width - column), tile, word == 0);
          if (tile.ahead) ahead += words * kLine;
        }
      }
    }
  }
}

/// Groups whose products wait for their last chain at a time.
inline constexpr std::int64_t kGroupsAtATime = 3;

template <class Dot, class Words, class Group>
void reduce(const PanelTask& task, typename Group::Lanes& lanes) {
  HWY_ALIGN float products[kGroupsAtATime * kGroupColumns * kLanes];
  const Blocks& picked = task.picked;
  const std::int64_t per_group = picked.per_group();
  const std::int64_t blocks = picked.count();
  for (std::int64_t first = 0; first < blocks; first += kGroupsAtATime * per_group) {
    const BlockRange range{first, HWY_MIN(first + kGroupsAtATime * per_group, blocks)};
    multiply<Dot, Words>(task, range, products);
    for (std::int64_t start = first; start < range.end; start += per_group) {
      Group group(lanes);
      for (std::int64_t block = start; block < HWY_MIN(start + per_group, range.end); ++block) {
        const std::int64_t column = picked.begin(block) - picked.begin(first);
        add_block(task, block, products + column * kLanes, group);
      }
      group.finish(lanes);
    }
  }
}

template <class Dot, class Words>
Kernel kernel(InstructionSet set) {
  return {set, Words::kValues, pack<Words>, reduce<Dot, Words, SigmoidGroup>,
          reduce<Dot, Words, SoftmaxGroup>};
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
