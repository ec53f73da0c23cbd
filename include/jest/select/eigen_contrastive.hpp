#pragma once
// The plain backend of the contrastive criteria: readable, double precision throughout, O(B·d)
// reads and O(B) state; no B×B array. It stays as the reading copy beside faster backends.
//
// Per round of c picks and per model, each candidate i adds Σ_j f(u_ij) + f(u_ji) over the new j:
// f = softplus for the sigmoid criterion, exp in log-sum-exp form for the softmax criterion.

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "jest/criteria/contrastive.hpp"
#include "jest/select/eigen_logits.hpp"
#include "jest/select/row_tiles.hpp"

namespace jest::eigen {

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
  for (std::size_t j = 0; j < block.picks.size(); ++j) {
    const std::int64_t row = block.picks[j] - tile.first;
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

/// Running sums of one model under the sigmoid criterion.
class SigmoidSums {
 public:
  SigmoidSums(const SigmoidPairs&, const EmbeddingsView& embeddings)
      : model_{embeddings, embeddings.bias}, sums_(embeddings.rows(), 0.0) {}

  const Model& model() const { return model_; }
  double own(std::int64_t i) const { return softplus(-model_.own_logit(i)); }
  double pairs(std::int64_t i) const { return sums_[i]; }

  void add(const Logits& logits, const Tile& tile) {
    const Eigen::ArrayXd rows =
        row_sums(logits.forward, logits.finite) + row_sums(logits.backward, logits.finite);
    for (std::int64_t i = 0; i < tile.rows; ++i) sums_[tile.first + i] += rows[i];
  }

  static constexpr std::int64_t kStateBytes = sizeof(double);

 private:
  static Eigen::ArrayXd row_sums(const Array& u, bool finite) {
    if (finite) return softplus_row_sums(u);
    return reduce_rows(u, 0.0, [](double sum, double v) { return sum + softplus(v); });
  }

  Model model_;
  std::vector<double> sums_;
};

/// Running log-sum-exps of one model under the softmax criterion.
class SoftmaxSums {
 public:
  SoftmaxSums(const SoftmaxPairs& pairs, const EmbeddingsView& embeddings)
      : model_{embeddings, 0.0},
        include_positive_(pairs.include_positive),
        rows_(embeddings.rows(), kEmpty),
        columns_(embeddings.rows(), kEmpty) {}

  const Model& model() const { return model_; }
  double own(std::int64_t i) const { return -model_.own_logit(i); }

  double pairs(std::int64_t i) const {
    if (!include_positive_) return 0.5 * rows_[i] + 0.5 * columns_[i];
    const double own_logit = model_.own_logit(i);
    return 0.5 * log_add_exp(rows_[i], own_logit) + 0.5 * log_add_exp(columns_[i], own_logit);
  }

  void add(const Logits& logits, const Tile& tile) {
    const Eigen::ArrayXd forward = row_sums(logits.forward, logits.finite);
    const Eigen::ArrayXd backward = row_sums(logits.backward, logits.finite);
    for (std::int64_t i = 0; i < tile.rows; ++i) {
      double& row = rows_[tile.first + i];
      double& column = columns_[tile.first + i];
      row = log_add_exp(row, forward[i]);
      column = log_add_exp(column, backward[i]);
    }
  }

  static constexpr std::int64_t kStateBytes = 2 * sizeof(double);

 private:
  static constexpr double kEmpty = -std::numeric_limits<double>::infinity();

  static Eigen::ArrayXd row_sums(const Array& u, bool finite) {
    if (finite) return log_sum_exp_rows(u);
    return reduce_rows(u, kEmpty, log_add_exp);
  }

  Model model_;
  bool include_positive_;
  std::vector<double> rows_;     // R_i
  std::vector<double> columns_;  // C_i
};

/// Conditional scores of a contrastive criterion: both models' sums, weighed. A candidate beside
/// which nobody has been picked has its own term alone.
template <class Pairs, class Sums>
class ContrastiveScores {
 public:
  ContrastiveScores(const Pairs& pairs, int threads) : weights_(pairs.weights), threads_(threads) {
    check_pairs("select", pairs);
    if (weights_.learner != 0) learner_.emplace(pairs, pairs.learner);
    if (weights_.reference != 0) reference_.emplace(pairs, pairs.reference);
    own_.resize(static_cast<std::size_t>(pairs.candidates()));
    for (std::size_t i = 0; i < own_.size(); ++i) {
      own_[i] = weighed(i, [](const Sums& sums, std::int64_t k) { return sums.own(k); });
    }
    scores_ = own_;
    picked_.resize(own_.size());
  }

  std::span<const double> scores() const { return scores_; }

  void condition_on(std::span<const std::int64_t> picks) {
    if (weights_.interaction == 0) return;
    if (learner_) add(*learner_, picks);
    if (reference_) add(*reference_, picks);
    for (const std::int64_t j : picks) picked_[j] = 1;
    conditioned_on_ += static_cast<std::int64_t>(picks.size());
    largest_round_ = std::max(largest_round_, static_cast<std::int64_t>(picks.size()));
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      if (conditioned_on_ == picked_[i]) continue;  // nobody but itself
      scores_[i] = own_[i] + weights_.interaction *
                                 weighed(i, [](const Sums& sums, auto k) { return sums.pairs(k); });
    }
  }

  std::int64_t extra_bytes() const {
    const auto candidates = static_cast<std::int64_t>(own_.size());
    const std::int64_t columns = std::min(largest_round_, kTileColumns);
    std::int64_t state = candidates * static_cast<std::int64_t>(2 * sizeof(double) + sizeof(char));
    std::int64_t scratch = 0;
    for (const auto* sums : {&learner_, &reference_}) {
      if (!*sums) continue;
      const std::int64_t width = (*sums)->model().embeddings.x.cols;
      state += candidates * Sums::kStateBytes;
      const std::int64_t workers = tiles(candidates).workers();
      scratch =
          std::max(scratch, block_bytes({width, columns}) + workers * tile_bytes({width, columns}));
    }
    return state + scratch;
  }

 private:
  template <class Term>
  double weighed(std::size_t row, const Term& term) const {
    const auto i = static_cast<std::int64_t>(row);
    double total = 0;
    if (learner_) total += weights_.learner * term(*learner_, i);
    if (reference_) total -= weights_.reference * term(*reference_, i);
    return total;
  }

  detail::RowTiles tiles(std::int64_t candidates) const {
    return {candidates, kTileRows, threads_};
  }

  void add(Sums& sums, std::span<const std::int64_t> picks) const {
    const Model& model = sums.model();
    for_each_block(model.embeddings, picks, [&](const PickedBlock& block) {
      detail::for_each_tile(tiles(model.embeddings.rows()),
                            [&](std::int64_t first, std::int64_t count) {
                              const Tile tile{first, count};
                              Logits logits(model, block, tile);
                              mask_own_pairs(logits.forward, block, tile);
                              mask_own_pairs(logits.backward, block, tile);
                              sums.add(logits, tile);
                            });
    });
  }

  ScoreWeights weights_;
  int threads_;
  std::optional<Sums> learner_;
  std::optional<Sums> reference_;
  std::vector<double> own_;
  std::vector<double> scores_;
  std::vector<char> picked_;
  std::int64_t conditioned_on_ = 0;
  std::int64_t largest_round_ = 0;
};

using SigmoidScores = ContrastiveScores<SigmoidPairs, SigmoidSums>;
using SoftmaxScores = ContrastiveScores<SoftmaxPairs, SoftmaxSums>;

}  // namespace jest::eigen
