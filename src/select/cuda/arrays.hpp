#pragma once
// How a workspace is divided. Without memory the division still gives the size it needs.

#include <cstddef>
#include <cstdint>

#include "parameters.hpp"
#include "plan.hpp"

namespace jest::cuda {

inline constexpr std::int64_t kAlignment = 256;
inline constexpr std::int64_t kProductWorkspaceBytes = 32 << 20;  ///< cuBLASLt's, each lane
/// What sorting needs at most, bound to be checked where the sort is: a second copy of keys and
/// slots, and counters.
inline constexpr std::int64_t kSortBytesPerCandidate = 32;
inline constexpr std::int64_t kSortBytes = 4 << 20;
inline constexpr std::int64_t kMostRowGroups = 256;

struct ModelArrays {
  double* sums[kSides] = {};    ///< [B]: Σ_j f(u_ij) and Σ_j f(u_ji) so far
  double* positives = nullptr;  ///< [B]: u_ii, where they go inside the logarithms
  void* picked[kSides] = {};    ///< [slice, padded width] operands: x and y of picked rows
};

struct LinearArrays {
  double* pairs = nullptr;   ///< [B]: Σ_j f_i·f_j so far
  double* groups = nullptr;  ///< [kMostRowGroups, d]: sums of rows just conditioned on, by group
  double* sum = nullptr;     ///< [d]: of all of them
};

/// Arrays [B] are by position in the super-batch where nothing else is said; a slot is a place in
/// the current list.
struct Arrays {
  Parameters* parameters = nullptr;   ///< [1]
  RoundCounters* counters = nullptr;  ///< [1]
  double* own = nullptr;
  double* scores = nullptr;  ///< by slot
  ModelArrays models[kModels];
  LinearArrays linear;
  std::uint8_t* aside = nullptr;  ///< whether a score has been NaN
  std::int32_t* list = nullptr;   ///< positions not yet picked, ascending in id
  std::int32_t* next_list = nullptr;
  std::uint64_t* keys = nullptr;  ///< by slot
  std::uint64_t* sorted_keys = nullptr;
  std::uint32_t* slots = nullptr;
  std::uint32_t* sorted_slots = nullptr;
  std::int32_t* picked = nullptr;   ///< by slot: 1 where picked in this round
  std::int32_t* ranks = nullptr;    ///< by slot: how many were picked before it
  std::int32_t* columns = nullptr;  ///< positions conditioned on, ascending in id, or −1
  void* tiles[kLanes] = {};         ///< [tile, padded width] operands
  float* logits[kLanes] = {};       ///< [tile, slice stride]
  void* product_workspaces[kLanes] = {};
  void* sort_workspace = nullptr;
  std::int64_t sort_workspace_bytes = 0;
  std::int64_t bytes = 0;
};

class Division {
 public:
  explicit Division(void* memory) : memory_(static_cast<std::byte*>(memory)) {}

  template <class Value>
  Value* take(std::int64_t count) {
    return static_cast<Value*>(take_bytes(count * static_cast<std::int64_t>(sizeof(Value))));
  }
  void* take_bytes(std::int64_t bytes) {
    void* taken = memory_ ? memory_ + used_ : nullptr;
    used_ += rounded_up(bytes, kAlignment);
    return taken;
  }
  std::int64_t used() const { return used_; }

 private:
  std::byte* memory_;
  std::int64_t used_ = 0;
};

inline void take_lists(const Plan& plan, Division& memory, Arrays& arrays) {
  const std::int64_t size = plan.candidates;
  arrays.own = memory.take<double>(size);
  arrays.scores = memory.take<double>(size);
  arrays.aside = memory.take<std::uint8_t>(size);
  arrays.list = memory.take<std::int32_t>(size);
  arrays.next_list = memory.take<std::int32_t>(size);
  arrays.keys = memory.take<std::uint64_t>(size);
  arrays.sorted_keys = memory.take<std::uint64_t>(size);
  arrays.slots = memory.take<std::uint32_t>(size);
  arrays.sorted_slots = memory.take<std::uint32_t>(size);
  arrays.picked = memory.take<std::int32_t>(size);
  arrays.ranks = memory.take<std::int32_t>(size);
  arrays.columns = memory.take<std::int32_t>(size);
  arrays.sort_workspace_bytes = size * kSortBytesPerCandidate + kSortBytes;
  arrays.sort_workspace = memory.take_bytes(arrays.sort_workspace_bytes);
}

inline void take_model(const Plan& plan, int model, Division& memory, Arrays& arrays) {
  if (!plan.models[model].exists()) return;
  ModelArrays& out = arrays.models[model];
  for (double*& sums : out.sums) sums = memory.take<double>(plan.candidates);
  if (plan.include_positive) out.positives = memory.take<double>(plan.candidates);
  for (void*& rows : out.picked) {
    rows = memory.take_bytes(plan.slice_stride() * plan.models[model].operand_row_bytes());
  }
}

inline void take_linear(const Plan& plan, Division& memory, Arrays& arrays) {
  if (!plan.sums_rows()) return;
  arrays.linear.pairs = memory.take<double>(plan.candidates);
  arrays.linear.groups = memory.take<double>(kMostRowGroups * plan.features.width);
  arrays.linear.sum = memory.take<double>(plan.features.width);
}

inline void take_tiles(const Plan& plan, Division& memory, Arrays& arrays) {
  if (!plan.has_products()) return;
  const std::int64_t row_bytes =
      std::max(plan.models[0].operand_row_bytes(), plan.models[1].operand_row_bytes());
  for (int lane = 0; lane < kLanes; ++lane) {
    arrays.tiles[lane] = memory.take_bytes(plan.tile_rows() * row_bytes);
    arrays.logits[lane] = memory.take<float>(plan.tile_rows() * plan.slice_stride());
    arrays.product_workspaces[lane] = memory.take_bytes(kProductWorkspaceBytes);
  }
}

inline Arrays divided(const Plan& plan, void* memory) {
  Arrays arrays;
  Division division(memory);
  arrays.parameters = division.take<Parameters>(1);
  arrays.counters = division.take<RoundCounters>(1);
  take_lists(plan, division, arrays);
  for (int model = 0; model < kModels; ++model) take_model(plan, model, division, arrays);
  take_linear(plan, division, arrays);
  take_tiles(plan, division, arrays);
  arrays.bytes = division.used();
  return arrays;
}

}  // namespace jest::cuda
