#pragma once
// Criteria whose pair term is an inner product: Q_ij = q·(f_i·f_j).
//
// Σ_{j∈A} (Q_ij + Q_ji) = 2q·f_i·(Σ_{j∈A} f_j), so a round costs one matrix-vector product,
// O(B·d), and memory stays O(B + d). Two criteria are of this kind:
//
// - gradient alignment (GREATS, Wang et al., NeurIPS 2024): f = per-example gradient features h,
//   a_i = η·(h_i·v) towards a target direction v, q = −½η²;
// - embedding diversity (InfoMax form): a_i any importance, f = reference embeddings, q = −λ.

#include <cmath>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/exact/elementary.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"

namespace jest {

/// q·κ of gradient alignment, −½η²·κ.
JEST_HOST_DEVICE constexpr double alignment_coefficient(double step_size, double interaction) {
  return -0.5 * step_size * step_size * interaction;
}

/// q·κ of embedding diversity, −λ·κ.
JEST_HOST_DEVICE constexpr double diversity_coefficient(double strength, double interaction) {
  return -strength * interaction;
}

/// Throws unless features [B, d] are usable, with one own term per row. B may be 0, of a rank.
inline void check_linear_pairs(std::int64_t own_terms, const MatrixView& features) {
  check_matrix("linear pairs", features, 0);
  if (own_terms != features.rows) {
    refuse("linear pairs", "one own term per feature row", own_terms, " and ", features.rows);
  }
}

/// Throws unless a coefficient q·κ is finite.
inline void check_coefficient(double coefficient) {
  if (!std::isfinite(coefficient)) refuse("linear pairs", "finite weights", coefficient);
}

/// The running state both criteria share. Double precision, deterministic, rows in pick order.
class LinearPairScores {
 public:
  /// `own` [B], `features` [B, d] (must outlive this), `coefficient` q·κ. Throws on unequal B and
  /// on a coefficient that is not finite.
  LinearPairScores(std::vector<double> own, MatrixView features, double coefficient)
      : scores_(std::move(own)), features_(features), coefficient_(coefficient) {
    check_linear_pairs(std::ssize(scores_), features_);
    check_coefficient(coefficient_);
    // A row that holds NaN must be set aside, or it would spoil every sum it enters.
    for (std::int64_t i = 0; i < features_.rows; ++i) {
      const double squares = dot(i, features_.row(i));
      if (std::isnan(squares)) scores_[detail::at(i)] = squares;
    }
  }

  std::span<const double> scores() const { return scores_; }

  void condition_on(std::span<const std::int64_t> picks) { condition_on(Picked{own_picks(picks)}); }
  void condition_on(const Picked& picked) {
    if (coefficient_ == 0) return;
    std::vector<double> sum(detail::at(features_.cols), 0.0);
    for (const Pick& pick : picked.picks) {
      const float* row = detail::row_of(pick, features_);
      for (double& total : sum) total += static_cast<double>(*row++);
    }
    for (std::int64_t i = 0; i < features_.rows; ++i) {
      scores_[detail::at(i)] += 2 * coefficient_ * dot(i, sum.data());
    }
    for (const Pick& pick : picked.picks) {
      if (!pick.is_own()) continue;
      const std::int64_t j = pick.position;
      scores_[detail::at(j)] -= 2 * coefficient_ * dot(j, features_.row(j));
    }
  }

  std::int64_t row_bytes() const { return coefficient_ == 0 ? 0 : detail::row_bytes(features_); }
  void copy_row(std::int64_t position, std::byte* out) const {
    detail::copy_row(features_, position, out);
  }
  std::uint64_t digest() const {
    return detail::Digest()
        .add(coefficient_)
        .add(static_cast<std::uint64_t>(features_.cols))
        .value();
  }

  std::int64_t extra_bytes() const {
    return static_cast<std::int64_t>((scores_.size() + detail::at(features_.cols)) *
                                     sizeof(double));
  }

 private:
  template <class Real>
  double dot(std::int64_t i, const Real* other) const {
    double total = 0;
    for (std::int64_t k = 0; k < features_.cols; ++k) {
      total += static_cast<double>(features_.row(i)[k]) * static_cast<double>(other[k]);
    }
    return total;
  }

  std::vector<double> scores_;
  MatrixView features_;
  double coefficient_;
};

/// a_i = η·(h_i·v) + added_i, Q_ij = −½η²·(h_i·h_j).
struct GradientAlignment {
  MatrixView features;                     ///< h [B, d]: last-layer or projected gradients
  std::span<const float> direction;        ///< v [d]: mean feature of a small curated batch
  double step_size = 1;                    ///< η
  std::span<const double> added = {};      ///< [B], added to a_i, for instance learnability
  std::span<const std::int64_t> ids = {};  ///< [B] distinct, ≥ 0; positions when empty

  double coefficient(double interaction) const {
    return alignment_coefficient(step_size, interaction);
  }
};

/// Throws unless features are usable, and every other array has their rows or their width.
inline void check_criterion(const GradientAlignment& criterion) {
  const MatrixView& h = criterion.features;
  check_matrix("gradient alignment", h, 0);
  if (std::ssize(criterion.direction) != h.cols) {
    refuse("gradient alignment", text("a direction of width ", h.cols), criterion.direction.size());
  }
  if (!criterion.added.empty() && std::ssize(criterion.added) != h.rows) {
    refuse("gradient alignment", text(h.rows, " added terms"), criterion.added.size());
  }
  check_id_count("gradient alignment", std::ssize(criterion.ids), h.rows);
  check_coefficient(criterion.coefficient(1));
}

/// The running state of a criterion whose pair terms have the weight κ, `interaction`.
inline LinearPairScores conditional_scores(const GradientAlignment& criterion, double interaction) {
  check_criterion(criterion);
  const MatrixView& h = criterion.features;
  std::vector<double> own(criterion.added.begin(), criterion.added.end());
  own.resize(detail::at(h.rows), 0.0);
  for (std::int64_t i = 0; i < h.rows; ++i) {
    double alignment = 0;
    const float* row = h.row(i);
    for (const float direction : criterion.direction) {
      alignment += static_cast<double>(*row++) * static_cast<double>(direction);
    }
    own[detail::at(i)] += criterion.step_size * alignment;
  }
  return {std::move(own), h, criterion.coefficient(interaction)};
}

/// Q_ij = −λ·(e_i·e_j).
struct EmbeddingDiversity {
  std::span<const double> importance;      ///< a [B]
  MatrixView embeddings;                   ///< e [B, d], of the reference
  double strength = 1;                     ///< λ
  std::span<const std::int64_t> ids = {};  ///< [B] distinct, ≥ 0; positions when empty

  double coefficient(double interaction) const {
    return diversity_coefficient(strength, interaction);
  }
};

/// Throws unless embeddings are usable, with an importance for each row.
inline void check_criterion(const EmbeddingDiversity& criterion) {
  check_linear_pairs(std::ssize(criterion.importance), criterion.embeddings);
  check_id_count("embedding diversity", std::ssize(criterion.ids), criterion.embeddings.rows);
  check_coefficient(criterion.coefficient(1));
}

inline LinearPairScores conditional_scores(const EmbeddingDiversity& criterion,
                                           double interaction) {
  check_criterion(criterion);
  return {{criterion.importance.begin(), criterion.importance.end()},
          criterion.embeddings,
          criterion.coefficient(interaction)};
}

}  // namespace jest
