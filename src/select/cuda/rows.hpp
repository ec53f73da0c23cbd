#pragma once
// Rows of embeddings, gathered and rounded into a dense array that the products read.

#include "arrays.hpp"
#include "elements.hpp"
#include "kernel.hpp"

namespace jest::cuda {

/// Which factor of a product a row becomes.
enum class Role : std::int32_t { kCandidate, kPicked };

/// Row r of the result is row positions[r] of one side of one model, zeros to the padded width;
/// rows from `count` on, and those of a negative position, are zeros. Of split elements a row holds
/// three parts, candidates' (high, high, low), picks' (high, low, high). 64 threads a row.
struct PackRows {
  static constexpr int kThreads = 256;
  static constexpr int kPhases = 1;
  static constexpr bool kSharesInWarps = true;
  static constexpr int kThreadsPerRow = 64;
  static constexpr int kRows = kThreads / kThreadsPerRow;
  using Shared = Nothing;

  const Parameters* parameters;
  int model;
  int side;
  ModelPlan plan;
  Role role;
  const std::int32_t* positions;
  std::int64_t count;
  std::int64_t rows;
  void* out;

  std::int64_t blocks() const { return (rows + kRows - 1) / kRows; }

  JEST_HOST_DEVICE void phase(int, const Place& place, Shared&) const {
    const std::int64_t row = place.block * kRows + place.thread / kThreadsPerRow;
    if (row >= rows) return;
    const SideArguments& source = parameters->models[model].sides[side];
    const std::int64_t position = row < count ? positions[row] : -1;
    const std::int64_t padded = plan.padded_width();
    bool overflow = false;
    for (std::int64_t k = place.thread % kThreadsPerRow; k < padded; k += kThreadsPerRow) {
      float value = 0;
      if (position >= 0 && k < plan.width) {
        value = load(source.data, position * source.row_stride + k, plan.element);
      }
      overflow |= overflows(value, plan.operand);
      write(row * plan.operand_width() + k, value);
    }
    if (overflow) set_bits(&parameters->answer.report->faults, kOperandOverflow);
  }

 private:
  JEST_HOST_DEVICE void write(std::int64_t at, float value) const {
    if (plan.operand != OperandType::kFloat16x3) return store(out, at, value, plan.operand);
    const Split parts = split(value);
    const bool picked = role == Role::kPicked;
    const std::int64_t padded = plan.padded_width();
    auto* to = static_cast<std::uint16_t*>(out) + at;
    to[0] = parts.high;
    to[padded] = picked ? parts.low : parts.high_scaled;
    to[2 * padded] = picked ? parts.high_scaled : parts.low;
  }
};

}  // namespace jest::cuda
