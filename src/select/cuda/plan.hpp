#pragma once
// Everything about a selection that decides memory and launches, and nothing else: two selections
// with one plan differ in numbers and pointers only, so that they share a captured graph.

#include <algorithm>
#include <array>
#include <cstdint>

#include "jest/core/exact/elementary.hpp"
#include "jest/select/cuda.hpp"

namespace jest::cuda {

inline constexpr int kModels = 2;                        ///< 0 the learner, 1 the reference
inline constexpr int kSides = 2;                         ///< 0: x, 1: y
inline constexpr int kLanes = 2;                         ///< tiles that are worked on at a time
inline constexpr std::int64_t kSliceColumns = 4096;      ///< picked rows multiplied at a time
inline constexpr std::int64_t kTileBytes = 64 << 20;     ///< of float32 logits, most
inline constexpr std::int64_t kTileRows = 16384;         ///< candidates of a tile, most
inline constexpr std::int64_t kTileStep = 256;           ///< rows of a tile are a multiple of this
inline constexpr std::int64_t kColumnStep = 8;           ///< columns of a tile likewise
inline constexpr std::int64_t kWidthStep = 16;           ///< elements of an operand row likewise
inline constexpr std::int64_t kFusedLeastColumns = 128;  ///< of a round, by the default rule
inline constexpr std::int64_t kMostCandidates = 1 << 30;

JEST_HOST_DEVICE inline std::int64_t rounded_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

/// What is multiplied, after kAsStored is resolved.
enum class OperandType : std::int32_t { kFloat16, kBfloat16, kTf32, kFloat32, kFloat16x3 };

inline std::int64_t bytes_of(OperandType type) {
  return type == OperandType::kTf32 || type == OperandType::kFloat32 ? 4 : 2;
}

/// Operands that one element of an embedding becomes: three products are one three times as wide.
JEST_HOST_DEVICE inline std::int64_t parts_of(OperandType type) {
  return type == OperandType::kFloat16x3 ? 3 : 1;
}

/// What is scored.
enum class Criterion : std::int32_t { kContrastive, kLosses, kLinear };

struct ModelPlan {
  std::int64_t width = 0;  ///< d; 0 when the model has no weight and is ignored
  Element element = Element::kFloat32;
  OperandType operand = OperandType::kFloat16;

  JEST_HOST_DEVICE bool exists() const { return width > 0; }
  JEST_HOST_DEVICE std::int64_t padded_width() const { return rounded_up(width, kWidthStep); }
  JEST_HOST_DEVICE std::int64_t operand_width() const { return padded_width() * parts_of(operand); }
  std::int64_t operand_row_bytes() const { return operand_width() * bytes_of(operand); }
  bool operator==(const ModelPlan&) const = default;
};

struct Plan {
  std::int64_t candidates = 0;  ///< B
  std::int64_t count = 0;       ///< b
  std::int64_t chunks = 1;      ///< N
  Criterion criterion = Criterion::kContrastive;
  std::array<ModelPlan, kModels> models = {};  ///< none but for the contrastive criteria
  ModelPlan features = {};                     ///< of linear pairs
  Contrast contrast = Contrast::kSigmoid;
  bool include_positive = false;
  bool interacts = true;    ///< pair terms have a weight
  bool mean_field = false;  ///< conditions once, on all candidates
  bool named = false;       ///< ids are given
  bool fused = false;       ///< products and reductions in one kernel

  bool operator==(const Plan&) const = default;

  /// c of a round: the first b mod N take one more.
  std::int64_t take(std::int64_t round) const {
    return count / chunks + (round < count % chunks ? 1 : 0);
  }
  /// Candidates that have not been picked before a round.
  std::int64_t remaining(std::int64_t round) const {
    return candidates - round * (count / chunks) - std::min(round, count % chunks);
  }
  /// Whether picks change any score.
  bool conditions() const { return interacts && (mean_field || chunks > 1); }
  bool has_products() const { return criterion == Criterion::kContrastive && conditions(); }
  bool sums_rows() const { return criterion == Criterion::kLinear && conditions(); }
  /// Rows conditioned on at a time, most.
  std::int64_t conditioned() const { return mean_field ? candidates : take(0); }
  std::int64_t slice_columns() const {
    return has_products() ? std::min(kSliceColumns, conditioned()) : 0;
  }
  std::int64_t slice_stride() const { return rounded_up(slice_columns(), kColumnStep); }
  std::int64_t tile_rows() const {
    if (!has_products()) return 0;
    const std::int64_t fitting = kTileBytes / (4 * slice_stride()) / kTileStep * kTileStep;
    return std::min({std::max(fitting, kTileStep), kTileRows, rounded_up(candidates, kTileStep)});
  }
};

/// What the fused route can compute at all: whole rounds, 16-bit operands.
inline bool fits_fused(const Plan& plan) {
  for (const ModelPlan& model : plan.models) {
    if (model.exists() && bytes_of(model.operand) != 2) return false;
  }
  return plan.has_products() && !plan.mean_field;
}

/// Where it is taken without being asked for: rounds fill its tiles, and no logit can be out of its
/// range, which softmax has.
inline bool prefers_fused(const Plan& plan) {
  return fits_fused(plan) && plan.contrast == Contrast::kSigmoid &&
         plan.take(0) >= kFusedLeastColumns;
}

/// The plan of checked arguments, not fused: that is for a device to say. Throws jest::Error on
/// impossible ones.
Plan plan_of(const DeviceCriterion& criterion, const SelectionSpec& spec, const Engine& engine);

}  // namespace jest::cuda
