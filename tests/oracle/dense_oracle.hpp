#pragma once
// The criteria a second time, from docs/method.md alone: every table in full, double precision,
// no shortcuts. The only place of the project where a B×B array is formed.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "jest/criteria/contrastive.hpp"
#include "jest/criteria/linear_pairs.hpp"

namespace jest::oracle {

using Positions = std::vector<std::int64_t>;
using Table = std::vector<std::vector<double>>;

inline double dense_softplus(double u) {
  return u > 0 ? u + std::log1p(std::exp(-u)) : std::log1p(std::exp(u));
}

inline double inner_product(const MatrixView& a, std::int64_t i, const MatrixView& b,
                            std::int64_t j) {
  double total = 0;
  for (std::int64_t k = 0; k < a.cols; ++k) {
    total += static_cast<double>(a.row(i)[k]) * static_cast<double>(b.row(j)[k]);
  }
  return total;
}

inline Table logits(const EmbeddingsView& model, double bias) {
  const std::int64_t rows = model.rows();
  Table u(static_cast<std::size_t>(rows), std::vector<double>(static_cast<std::size_t>(rows)));
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < rows; ++j) {
      u[i][j] = model.scale * inner_product(model.x, i, model.y, j) + bias;
    }
  }
  return u;
}

/// A sum of own terms and pair terms: g_i(A) = a_i + κ·Σ_{j∈A, j≠i} (Q_ij + Q_ji).
struct PairSum {
  Table terms;  ///< a_i on the diagonal, Q_ij off it
  double interaction = 1;

  std::int64_t size() const { return static_cast<std::int64_t>(terms.size()); }
  double own(std::int64_t i) const { return terms[i][i]; }

  double score(std::int64_t i, const Positions& picked) const {
    double pairs = 0;
    for (const std::int64_t j : picked) {
      if (j != i) pairs += terms[i][j] + terms[j][i];
    }
    return interaction == 0 ? own(i) : own(i) + interaction * pairs;
  }

  /// U(A).
  double value(const Positions& picked) const {
    double total = 0;
    for (const std::int64_t i : picked) {
      for (const std::int64_t j : picked) total += (i == j ? 1 : interaction) * terms[i][j];
    }
    return total;
  }
};

inline PairSum dense(const SigmoidPairs& pairs, double interaction = 1) {
  const auto rows = static_cast<std::size_t>(pairs.candidates());
  PairSum sum{Table(rows, std::vector<double>(rows, 0.0)), interaction};
  const auto add = [&](const EmbeddingsView& model, double weight) {
    if (weight == 0) return;
    const Table u = logits(model, model.bias);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < rows; ++j) {
        sum.terms[i][j] += weight * dense_softplus(i == j ? -u[i][j] : u[i][j]);
      }
    }
  };
  add(pairs.learner, pairs.weights.learner);
  add(pairs.reference, -pairs.weights.reference);
  return sum;
}

/// Not a sum over pairs: w_L·[−u_ii + κ(½R_i + ½C_i)]_θ − w_R·[same]_θ*; only −u_ii for A = ∅.
struct SoftmaxTerms {
  Table learner;  ///< logits without bias, empty where the weight is zero
  Table reference;
  ScoreWeights weights;
  double interaction = 1;
  bool include_positive = false;

  std::int64_t size() const {
    return static_cast<std::int64_t>(std::max(learner.size(), reference.size()));
  }
  double own(std::int64_t i) const { return score(i, {}); }

  double score(std::int64_t i, const Positions& picked) const {
    double total = 0;
    if (weights.learner != 0) total += weights.learner * loss(learner, i, picked);
    if (weights.reference != 0) total -= weights.reference * loss(reference, i, picked);
    return total;
  }

 private:
  double loss(const Table& u, std::int64_t i, const Positions& picked) const {
    std::vector<double> row;
    std::vector<double> column;
    for (const std::int64_t j : picked) {
      if (j == i) continue;
      row.push_back(u[i][j]);
      column.push_back(u[j][i]);
    }
    if (row.empty() || interaction == 0) return -u[i][i];
    if (include_positive) {
      row.push_back(u[i][i]);
      column.push_back(u[i][i]);
    }
    return -u[i][i] + interaction * (0.5 * log_sum_exp(row) + 0.5 * log_sum_exp(column));
  }

  static double log_sum_exp(const std::vector<double>& values) {
    double largest = -std::numeric_limits<double>::infinity();
    for (const double value : values) {
      if (std::isnan(value)) return value;
      largest = std::max(largest, value);
    }
    if (std::isinf(largest)) return largest;
    double total = 0;
    for (const double value : values) total += std::exp(value - largest);
    return largest + std::log(total);
  }
};

inline SoftmaxTerms dense(const SoftmaxPairs& pairs, double interaction = 1) {
  SoftmaxTerms terms{{}, {}, pairs.weights, interaction, pairs.include_positive};
  if (pairs.weights.learner != 0) terms.learner = logits(pairs.learner, 0);
  if (pairs.weights.reference != 0) terms.reference = logits(pairs.reference, 0);
  return terms;
}

/// Own terms, and pair terms −coefficient·(f_i·f_j).
inline PairSum dense_linear(const std::vector<double>& own, const MatrixView& features,
                            double coefficient, double interaction) {
  PairSum sum{Table(own.size(), std::vector<double>(own.size())), interaction};
  for (std::int64_t i = 0; i < features.rows; ++i) {
    for (std::int64_t j = 0; j < features.rows; ++j) {
      sum.terms[i][j] = i == j ? own[i] : -coefficient * inner_product(features, i, features, j);
    }
  }
  return sum;
}

inline PairSum dense(const GradientAlignment& criterion, double interaction = 1) {
  const MatrixView direction = matrix_view(criterion.direction.data(), 1, criterion.features.cols);
  std::vector<double> own;
  for (std::int64_t i = 0; i < criterion.features.rows; ++i) {
    own.push_back(criterion.step_size * inner_product(criterion.features, i, direction, 0));
    if (!criterion.added.empty()) own.back() += criterion.added[i];
  }
  return dense_linear(own, criterion.features, criterion.step_size * criterion.step_size / 2,
                      interaction);
}

inline PairSum dense(const EmbeddingDiversity& criterion, double interaction = 1) {
  return dense_linear({criterion.importance.begin(), criterion.importance.end()},
                      criterion.embeddings, criterion.strength, interaction);
}

inline PairSum dense_separable(const std::vector<double>& own) {
  PairSum sum{Table(own.size(), std::vector<double>(own.size(), 0.0)), 1};
  for (std::size_t i = 0; i < own.size(); ++i) sum.terms[i][i] = own[i];
  return sum;
}

}  // namespace jest::oracle
