#pragma once
// Rows of picks: one's own where they lie, other ranks' as these wrote them into a message.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "jest/criteria/conditional_scores.hpp"
#include "jest/criteria/contrastive.hpp"
#include "select/cpu/formulas.hpp"

namespace jest {

/// Numbers of a row in a message. bfloat16 is for sums that round every row to it themselves:
/// rounding twice is rounding once, so their bits are the same.
enum class RowFormat { kFloat32, kBfloat16 };

namespace detail {

inline std::int64_t row_bytes(const MatrixView& matrix, RowFormat format) {
  return format == RowFormat::kFloat32 ? row_bytes(matrix) : row_bytes(matrix) / 2;
}

inline void copy_row(const MatrixView& matrix, std::int64_t position, RowFormat format,
                     std::byte* out) {
  if (format == RowFormat::kFloat32) return copy_row(matrix, position, out);
  const float* row = matrix.row(position);
  for (std::int64_t k = 0; k < matrix.cols; ++k) {
    const auto bits = std::bit_cast<std::uint32_t>(cpu::rounded_to_bfloat16(row[k]));
    const auto upper = static_cast<std::uint16_t>(bits >> 16);
    std::memcpy(out + k * static_cast<std::int64_t>(sizeof(upper)), &upper, sizeof(upper));
  }
}

/// The floats of a row that copy_row wrote as bfloat16.
inline void widen_row(const std::byte* row, std::span<float> out) {
  for (std::size_t k = 0; k < out.size(); ++k) {
    std::uint16_t upper = 0;
    std::memcpy(&upper, row + k * sizeof(upper), sizeof(upper));
    out[k] = std::bit_cast<float>(std::uint32_t{upper} << 16);
  }
}

}  // namespace detail

/// Picked rows of one model: x and y [c] point to d floats each, wherever they lie.
struct PickedRows {
  std::vector<std::int64_t> positions;  ///< among one's own candidates; −1 of another rank's
  std::array<std::vector<const float*>, 2> sides;
  std::unique_ptr<float[]> widened = {};  ///< others' rows that came as bfloat16
  std::int64_t widened_bytes = 0;

  std::int64_t count() const { return static_cast<std::int64_t>(positions.size()); }
};

/// `offset` of the model's x, then y, within a row of another rank.
inline PickedRows picked_rows(const EmbeddingsView& model, std::span<const Pick> picks,
                              std::int64_t offset, RowFormat format = RowFormat::kFloat32) {
  PickedRows rows;
  const auto width = static_cast<std::size_t>(model.x.cols);
  std::size_t others = 0;
  for (const Pick& pick : picks) others += pick.is_own() ? 0 : 1;
  if (format == RowFormat::kBfloat16 && others > 0) {
    rows.widened.reset(new float[2 * others * width]);
    rows.widened_bytes = static_cast<std::int64_t>(2 * others * width * sizeof(float));
  }
  float* next = rows.widened.get();
  for (const Pick& pick : picks) {
    rows.positions.push_back(pick.position);
    const std::byte* row = pick.is_own() ? nullptr : pick.row + offset;
    for (const MatrixView* side : {&model.x, &model.y}) {
      const float* floats = detail::row_of({pick.position, row}, *side);
      if (next != nullptr && !pick.is_own()) {
        detail::widen_row(row, {next, width});
        floats = next;
        next += width;
      }
      if (!pick.is_own()) row += detail::row_bytes(*side, format);
      rows.sides[side == &model.x ? 0 : 1].push_back(floats);
    }
  }
  return rows;
}

}  // namespace jest
