#pragma once
// Views over memory that the caller owns, and the shape letters used everywhere.
//
//   B candidates in the super-batch      i  a candidate
//   b examples picked                    j  an already picked example
//   N chunks (rounds), c chunk size      d  embedding width

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "jest/core/error.hpp"

namespace jest {
namespace detail {

/// A position as the standard library counts.
constexpr std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

}  // namespace detail

/// A row-major [rows, cols] float32 matrix, not owned. Rows may be further apart than `cols`.
struct MatrixView {
  const float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t row_stride = 0;  ///< floats from one row to the next; at least `cols`

  const float* row(std::int64_t i) const { return data + i * row_stride; }
};

inline MatrixView matrix_view(const float* data, std::int64_t rows, std::int64_t cols) {
  return {data, rows, cols, cols};
}

/// The two embeddings of every candidate under one model: x, y [B, d], used as given (the caller
/// normalises), with the logit scale t > 0 and bias β of that model: logit u_ij = t·(x_i·y_j) + β.
struct EmbeddingsView {
  MatrixView x;
  MatrixView y;
  double scale = 1;
  double bias = 0;

  std::int64_t rows() const { return x.rows; }
};

/// Throws unless there are as many ids as candidates, or none.
inline void check_id_count(const std::string& who, std::int64_t ids, std::int64_t candidates) {
  if (ids != 0 && ids != candidates) {
    refuse(who, text(candidates, " ids, one per candidate"), ids);
  }
}

/// Throws unless `matrix` has columns, rows and memory for them. A rank's part of a super-batch may
/// have no rows.
inline void check_matrix(const std::string& who, const MatrixView& matrix,
                         std::int64_t fewest_rows = 1) {
  if (matrix.rows < fewest_rows || matrix.cols < 1) {
    refuse(who, text("at least ", fewest_rows == 1 ? "one row and " : "", "one column"), "[",
           matrix.rows, ", ", matrix.cols, "]");
  }
  if (matrix.rows == 0) return;
  if (matrix.row_stride < matrix.cols) {
    refuse(who, text("a row stride of at least ", matrix.cols), matrix.row_stride);
  }
  if (!matrix.data) refuse(who, "a matrix in memory", "a null pointer");
}

/// Throws unless `view` is usable: equal [B, d] shapes, finite scale > 0, finite bias.
/// `who` names the model in the message.
inline void check_embeddings(const std::string& who, const EmbeddingsView& view) {
  if (view.x.rows != view.y.rows || view.x.cols != view.y.cols) {
    refuse(who, "x and y of one shape [B, d]", "x [", view.x.rows, ", ", view.x.cols, "] and y [",
           view.y.rows, ", ", view.y.cols, "]");
  }
  check_matrix(who, view.x);
  check_matrix(who, view.y);
  if (!std::isfinite(view.scale) || view.scale <= 0) {
    refuse(who, "a finite logit scale > 0", view.scale);
  }
  if (!std::isfinite(view.bias)) refuse(who, "a finite logit bias", view.bias);
}

}  // namespace jest
