#pragma once
// What one instruction set does for the cpu backend: pack rows, and reduce the logits of a panel of
// candidates against all newly picked rows of one side of one model.
//
// Lanes are candidates: a dot product is chains of fused multiply-adds over 96 words in one lane,
// added in order (one chain over all of d would err more), and picked columns are visited in order:
// every instruction set gives the same bits as the scalar kernel. Products of 288 columns at a time
// wait in the caches for their last chain. Logits are in base 2: v = log2(e)·(t·(x·y) + β).

#include <cstdint>
#include <span>

#include "select/cpu/engine.hpp"

namespace jest::cpu {

inline constexpr std::int64_t kLanes = 32;         ///< candidates of a panel
inline constexpr std::int64_t kBlockColumns = 12;  ///< picked rows of a block at most
inline constexpr std::int64_t kChainWords = 96;    ///< words of a dot product added in one chain
inline constexpr std::int64_t kSoftmaxStep = 6;    ///< picked rows that move a maximum together
inline constexpr std::int64_t kGroupColumns = 96;  ///< picked rows between two sums in double

/// Rows to be packed side by side; `rows[i]` points to `width` floats.
struct RowPointers {
  std::span<const float* const> rows;
  std::int64_t width;
};

/// c picked rows in ceil(c / 12) blocks of nearly equal width; block: [depth][its columns] words.
struct Blocks {
  std::int64_t columns = 0;  ///< c
  std::int64_t depth = 0;    ///< words of a row
  const float* words = nullptr;

  std::int64_t count() const { return (columns + kBlockColumns - 1) / kBlockColumns; }
  std::int64_t begin(std::int64_t block) const {
    const std::int64_t wide = columns % count();
    return block * (columns / count()) + (block < wide ? block : wide);
  }
  std::int64_t width(std::int64_t block) const { return begin(block + 1) - begin(block); }
  /// Where a block's words from `word` on begin.
  const float* at(std::int64_t block, std::int64_t word) const {
    return words + begin(block) * depth + word * width(block);
  }
  /// Blocks between two sums in double: a function of c alone.
  std::int64_t per_group() const { return kGroupColumns / width(0); }
};

/// Logits in base 2: v = (scale·(x·y) + (scale_rest·(x·y) + bias_rest)) + bias. Each constant is
/// the sum of two floats, since a rounded one would push all logits the same way.
struct Logit {
  float scale;
  float bias;
  float scale_rest;
  float bias_rest;
};

/// 32 candidates of one side: packed, or rows to be packed chain by chain as they are used.
struct Candidates {
  const float* packed = nullptr;  ///< [depth][32]
  RowPointers rows;               ///< 32, where not packed
};

/// 32 candidates against all picked rows.
struct PanelTask {
  const Candidates& candidates;
  const Candidates* next;  ///< where this thread goes on, to be fetched into the cache; or null
  Blocks picked;
  Logit logit;
  const std::int32_t* own_columns;  ///< [32]: the column that is the lane itself, or −1; or null
};

/// Σ_j softplus(u_j), in units of ln 2.
struct SigmoidLanes {
  double sums[kLanes];
};

/// Σ_j 2^v_j = sum · 2^largest.
struct SoftmaxLanes {
  float largest[kLanes];
  double sums[kLanes];
};

inline constexpr float kNothing = -1e30F;    ///< `largest` before the first column
inline constexpr double kLogitLimit = 1e20;  ///< larger logits are the plain backend's

struct Kernel {
  InstructionSet set;
  std::int64_t values_per_word;  ///< 1: float32; 2: a pair of bfloat16
  /// Row i's word k goes to out[k · stride + i]; missing words are zero.
  void (*pack)(const RowPointers& rows, std::int64_t stride, float* out);
  void (*sigmoid)(const PanelTask& task, SigmoidLanes& lanes);
  void (*softmax)(const PanelTask& task, SoftmaxLanes& lanes);

  std::int64_t depth(std::int64_t width) const {
    return (width + values_per_word - 1) / values_per_word;
  }
};

/// The kernel of plain C++: what the others must equal bit for bit.
const Kernel& scalar_kernel(Operands operands);

/// The kernels of this machine, fastest first, the scalar one last.
std::span<const Kernel> kernels(Operands operands);

}  // namespace jest::cpu
