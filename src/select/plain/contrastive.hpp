#pragma once
// The plain backend of the contrastive criteria: readable, double precision throughout, O(B·d)
// reads and O(B) state; no B×B array. It stays as the reading copy beside faster backends.
//
// Per round of c picks and per model, each candidate i adds Σ_j f(u_ij) + f(u_ji) over the new j:
// f = softplus for the sigmoid criterion, exp in log-sum-exp form for the softmax criterion.

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "jest/criteria/contrastive.hpp"
#include "select/contrastive_scores.hpp"
#include "select/plain/logits.hpp"
#include "select/plain/row_tiles.hpp"

namespace jest::plain {

/// Σ_j softplus(u_j) per row. The logarithm of a product replaces the sum of logarithms: with at
/// most kTileColumns factors in (1, 2] it cannot overflow; a term below 1e-16 is lost.
inline Eigen::ArrayXd softplus_row_sums(const Array& u) {
  Eigen::ArrayXd linear = Eigen::ArrayXd::Zero(u.rows());
  Eigen::ArrayXd product = Eigen::ArrayXd::Ones(u.rows());
  for (Eigen::Index j = 0; j < u.cols(); ++j) {
    linear += u.col(j).max(0.0);
    product *= 1.0 + (-u.col(j).abs()).exp();
  }
  return linear + product.log();
}

/// log Σ_j e^{u_j} per row, −inf where every entry is.
inline Eigen::ArrayXd log_sum_exp_rows(const Array& u) {
  const Eigen::ArrayXd largest = u.rowwise().maxCoeff();
  Eigen::ArrayXd total = Eigen::ArrayXd::Zero(u.rows());
  for (Eigen::Index j = 0; j < u.cols(); ++j) total += (u.col(j) - largest).exp();
  Eigen::ArrayXd result = largest + total.log();
  for (Eigen::Index i = 0; i < u.rows(); ++i) {
    if (std::isinf(largest[i])) result[i] = largest[i];
  }
  return result;
}

/// A pair (i, i) is never counted: its logit becomes −inf, whose softplus and exp are zero.
inline void mask_own_pairs(Array& u, const PickedBlock& block, const Tile& tile) {
  for (std::size_t j = 0; j < block.positions.size(); ++j) {
    const std::int64_t row = block.positions[j] - tile.first;
    if (row >= 0 && row < tile.rows) u(row, j) = -std::numeric_limits<double>::infinity();
  }
}

/// Row reduction by the C library, one entry at a time: the route of tiles with NaN or infinity,
/// which vectorised exponentials do not carry through.
template <class Step>
Eigen::ArrayXd reduce_rows(const Array& u, double start, const Step& step) {
  Eigen::ArrayXd result = Eigen::ArrayXd::Constant(u.rows(), start);
  for (Eigen::Index j = 0; j < u.cols(); ++j) {
    for (Eigen::Index i = 0; i < u.rows(); ++i) result[i] = step(result[i], u(i, j));
  }
  return result;
}

struct Engine {
  int threads = 1;
};

/// One model's candidates against newly picked rows, tile by tile.
class TileLoop {
 public:
  TileLoop(const EmbeddingsView& embeddings, double bias, const Engine& engine)
      : model_{embeddings, bias}, tiles_{embeddings.rows(), kTileRows, engine.threads} {}

  const ModelRows& model() const { return model_; }

  /// Calls add(logits, tile) with the logits of every tile against every block of picks.
  template <class Add>
  void run(const PickedRows& picks, const Add& add) {
    largest_round_ = std::max(largest_round_, picks.count());
    for_each_block(picks, model_.embeddings.x.cols, [&](const PickedBlock& block) {
      for_each_tile(tiles_, [&](std::int64_t first, std::int64_t count) {
        const Tile tile{first, count};
        Logits logits(model_, block, tile);
        mask_own_pairs(logits.forward, block, tile);
        mask_own_pairs(logits.backward, block, tile);
        add(logits, tile);
      });
    });
  }

  std::int64_t scratch_bytes() const {
    const BlockShape shape{model_.embeddings.x.cols, std::min(largest_round_, kTileColumns)};
    return block_bytes(shape) + tiles_.workers() * tile_bytes(shape);
  }

 private:
  ModelRows model_;
  RowTiles tiles_;
  std::int64_t largest_round_ = 0;
};

/// Running sums of one model under the sigmoid criterion.
class SigmoidSums {
 public:
  using Engine = plain::Engine;

  SigmoidSums(const SigmoidPairs&, const EmbeddingsView& embeddings, const Engine& engine)
      : loop_(embeddings, embeddings.bias, engine) {}

  const ModelRows& model() const { return loop_.model(); }
  void own(std::int64_t first, std::span<double> terms) const {
    for (double& term : terms) term = own_term(Contrast::kSigmoid, model().own_logit(first++));
  }
  double pairs(std::int64_t i) const { return pairs(i, sums_[i], 0.0); }
  /// The pair term from Σ_j softplus(u_ij) and Σ_j softplus(u_ji).
  double pairs(std::int64_t, double forward, double backward) const { return forward + backward; }

  void condition_on(const PickedRows& picks, AfterPicking) {
    sums_.resize(static_cast<std::size_t>(model().embeddings.rows()));
    loop_.run(picks, [this](const Logits& logits, const Tile& tile) {
      const Eigen::ArrayXd rows =
          row_sums(logits.forward, logits.finite) + row_sums(logits.backward, logits.finite);
      for (std::int64_t i = 0; i < tile.rows; ++i) sums_[tile.first + i] += rows[i];
    });
  }

  static std::uint64_t digest(const Engine&) { return 0; }
  std::int64_t kept_bytes() const { return 0; }
  std::int64_t extra_bytes() const {
    return static_cast<std::int64_t>(sums_.size() * sizeof(double)) + loop_.scratch_bytes();
  }

 private:
  static Eigen::ArrayXd row_sums(const Array& u, bool finite) {
    if (finite) return softplus_row_sums(u);
    return reduce_rows(u, 0.0, [](double sum, double v) { return sum + softplus(v); });
  }

  TileLoop loop_;
  std::vector<double> sums_;
};

/// Running log-sum-exps of one model under the softmax criterion.
class SoftmaxSums {
 public:
  using Engine = plain::Engine;

  SoftmaxSums(const SoftmaxPairs& pairs, const EmbeddingsView& embeddings, const Engine& engine)
      : loop_(embeddings, 0.0, engine) {
    if (!pairs.include_positive) return;
    positives_.reserve(static_cast<std::size_t>(embeddings.rows()));
    for (std::int64_t i = 0; i < embeddings.rows(); ++i) positives_.push_back(model().own_logit(i));
  }

  const ModelRows& model() const { return loop_.model(); }
  void own(std::int64_t first, std::span<double> terms) const {
    for (double& term : terms) term = own_term(Contrast::kSoftmax, model().own_logit(first++));
  }
  double pairs(std::int64_t i) const { return pairs(i, rows_[i], columns_[i]); }
  /// The pair term from R_i and C_i.
  double pairs(std::int64_t i, double row, double column) const {
    return positives_.empty() ? softmax_pairs(row, column)
                              : softmax_pairs(row, column, positives_[i]);
  }

  void condition_on(const PickedRows& picks, AfterPicking) {
    rows_.resize(static_cast<std::size_t>(model().embeddings.rows()), kEmpty);
    columns_.resize(rows_.size(), kEmpty);
    loop_.run(picks, [this](const Logits& logits, const Tile& tile) {
      const Eigen::ArrayXd forward = row_sums(logits.forward, logits.finite);
      const Eigen::ArrayXd backward = row_sums(logits.backward, logits.finite);
      for (std::int64_t i = 0; i < tile.rows; ++i) {
        double& row = rows_[tile.first + i];
        double& column = columns_[tile.first + i];
        row = log_add_exp(row, forward[i]);
        column = log_add_exp(column, backward[i]);
      }
    });
  }

  static std::uint64_t digest(const Engine&) { return 0; }

  /// Beside sums and scratch.
  std::int64_t kept_bytes() const {
    return static_cast<std::int64_t>(positives_.size() * sizeof(double));
  }
  std::int64_t extra_bytes() const {
    return kept_bytes() + static_cast<std::int64_t>(rows_.size() * 2 * sizeof(double)) +
           loop_.scratch_bytes();
  }

 private:
  static constexpr double kEmpty = -std::numeric_limits<double>::infinity();

  static Eigen::ArrayXd row_sums(const Array& u, bool finite) {
    if (finite) return log_sum_exp_rows(u);
    return reduce_rows(u, kEmpty, log_add_exp);
  }

  TileLoop loop_;
  std::vector<double> positives_;  // u_ii, when they go inside the logarithms
  std::vector<double> rows_;       // R_i
  std::vector<double> columns_;    // C_i
};

using SigmoidScores = ContrastiveScores<SigmoidPairs, SigmoidSums>;
using SoftmaxScores = ContrastiveScores<SoftmaxPairs, SoftmaxSums>;

}  // namespace jest::plain
