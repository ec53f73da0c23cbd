#pragma once
// The plain backend's one expensive operation: a tile of logits in double precision.

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "jest/core/views.hpp"
#include "select/contrastive_scores.hpp"

namespace jest::plain {

using Matrix = Eigen::MatrixXd;  // column-major: a column is one picked example
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Array = Eigen::ArrayXXd;
using Rows = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
                        Eigen::Unaligned, Eigen::OuterStride<>>;

inline constexpr std::int64_t kTileRows = 64;
inline constexpr std::int64_t kTileColumns = 128;

inline Rows rows(const MatrixView& view, std::int64_t first, std::int64_t count) {
  return {view.row(first), count, view.cols, Eigen::OuterStride<>(view.row_stride)};
}

/// x_i·y_i in double precision, as eight sums that a compiler keeps in vector registers.
inline double inner_product(const EmbeddingsView& embeddings, std::int64_t i) {
  constexpr std::int64_t kSums = 8;
  const float* x = embeddings.x.row(i);
  const float* y = embeddings.y.row(i);
  const std::int64_t cols = embeddings.x.cols;
  double sums[kSums] = {};
  std::int64_t k = 0;
  for (; k + kSums <= cols; k += kSums) {
    for (std::int64_t s = 0; s < kSums; ++s) {
      sums[s] += static_cast<double>(x[k + s]) * static_cast<double>(y[k + s]);
    }
  }
  for (; k < cols; ++k) sums[0] += static_cast<double>(x[k]) * static_cast<double>(y[k]);
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// The rows of one model as a criterion reads them: logits t·(x_i·y_j) + β.
struct ModelRows {
  EmbeddingsView embeddings;
  double bias = 0;

  /// Fused, so that it has the same bits from every compiler.
  double own_logit(std::int64_t i) const {
    return std::fma(embeddings.scale, inner_product(embeddings, i), bias);
  }
};

/// Up to kTileColumns picked rows of both sides, in double precision: [d, columns].
struct PickedBlock {
  std::span<const std::int64_t> positions;  // −1 of those that are no candidates here
  Matrix x;
  Matrix y;

  PickedBlock(const PickedRows& picks, std::int64_t width, std::size_t first, std::size_t count)
      : positions(std::span(picks.positions).subspan(first, count)),
        x(width, count),
        y(width, count) {
    using Row = Eigen::Map<const Eigen::VectorXf>;
    for (std::size_t j = 0; j < count; ++j) {
      x.col(j) = Row(picks.sides[0][first + j], width).cast<double>();
      y.col(j) = Row(picks.sides[1][first + j], width).cast<double>();
    }
  }
};

/// Which candidates a tile covers.
struct Tile {
  std::int64_t first = 0;
  std::int64_t rows = 0;
};

/// Logits of a tile of candidates against a block of picks, both directions.
struct Logits {
  Array forward;   ///< u_ij [rows, columns]
  Array backward;  ///< u_ji [rows, columns]
  bool finite;

  Logits(const ModelRows& model, const PickedBlock& block, const Tile& tile)
      : forward(product(model, model.embeddings.x, block.y, tile)),
        backward(product(model, model.embeddings.y, block.x, tile)),
        finite(forward.allFinite() && backward.allFinite()) {}

 private:
  static Array product(const ModelRows& model, const MatrixView& side, const Matrix& picked,
                       const Tile& tile) {
    const RowMatrix candidates = rows(side, tile.first, tile.rows).cast<double>();
    Array logits(tile.rows, picked.cols());
    logits.matrix().noalias() = candidates * picked;
    logits = model.embeddings.scale * logits + model.bias;
    return logits;
  }
};

struct BlockShape {
  std::int64_t width = 0;
  std::int64_t columns = 0;
};

/// Bytes of one PickedBlock.
inline std::int64_t block_bytes(const BlockShape& block) {
  return 2 * block.width * block.columns * static_cast<std::int64_t>(sizeof(double));
}

/// Bytes one thread needs for a tile: a cast of candidates, two logit arrays, two reductions.
inline std::int64_t tile_bytes(const BlockShape& block) {
  return static_cast<std::int64_t>(sizeof(double)) * kTileRows *
         (block.width + 2 * block.columns + 4);
}

/// Calls `visit(block)` for fixed-size blocks of `picks`, in the order given.
template <class Visit>
void for_each_block(const PickedRows& picks, std::int64_t width, const Visit& visit) {
  const std::size_t count = picks.positions.size();
  for (std::size_t first = 0; first < count; first += kTileColumns) {
    visit(PickedBlock(picks, width, first, std::min<std::size_t>(kTileColumns, count - first)));
  }
}

}  // namespace jest::plain
