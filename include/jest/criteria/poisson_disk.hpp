#pragma once
// Picks that keep a distance: a candidate within `radius` of a pick comes after all that are not,
// and the later, the more picks crowd it. No loss takes part.
//
// Drawn one by one at gain 1 this is dart throwing: uniform among the candidates that no pick is
// near, as long as there are any. Where the radius leaves too few, the least crowded follow.
//
// Source: Zhang et al., AAAI 2019, arXiv 1804.02772, section "Poisson disk sampling"; what follows
// when no candidate is left is this library's. A round of c picks costs O(c·B·d); memory O(B).

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"

namespace jest {

/// The running state. Deterministic; the order of picks does not matter.
class PoissonDiskScores {
 public:
  /// What each pick that is near takes from a score: beyond all noise at gains of 1 and more.
  static constexpr double kCrowding = 1000;

  /// `rows` [B, d] must outlive this; `radius` > 0 is a Euclidean distance between rows. A row that
  /// holds NaN scores NaN. Throws on a matrix without columns and on another radius.
  PoissonDiskScores(const MatrixView& rows, double radius) : rows_(rows), square_(radius * radius) {
    check_matrix("poisson disk scores", rows_, 0);
    if (!std::isfinite(radius) || radius <= 0) {
      refuse("poisson disk scores", "a finite radius above 0", radius);
    }
    for (std::int64_t i = 0; i < rows_.rows; ++i) {
      const bool usable = !std::isnan(square_distance(i, rows_.row(i)));
      scores_.push_back(usable ? 0.0 : std::numeric_limits<double>::quiet_NaN());
    }
  }

  std::span<const double> scores() const { return scores_; }

  void condition_on(std::span<const std::int64_t> picks) { condition_on(Picked{own_picks(picks)}); }
  void condition_on(const Picked& picked) {
    for (const Pick& pick : picked.picks) {
      const float* row = detail::row_of(pick, rows_);
      for (std::int64_t i = 0; i < rows_.rows; ++i) {
        if (square_distance(i, row) < square_) scores_[detail::at(i)] -= kCrowding;
      }
    }
  }

  std::int64_t row_bytes() const { return detail::row_bytes(rows_); }
  void copy_row(std::int64_t position, std::byte* out) const {
    detail::copy_row(rows_, position, out);
  }
  std::uint64_t digest() const {
    return detail::Digest().add(square_).add(static_cast<std::uint64_t>(rows_.cols)).value();
  }

  std::int64_t extra_bytes() const {
    return static_cast<std::int64_t>(scores_.size() * sizeof(double));
  }

 private:
  double square_distance(std::int64_t i, const float* other) const {
    double total = 0;
    for (std::int64_t k = 0; k < rows_.cols; ++k) {
      const double apart = double{rows_.row(i)[k]} - double{other[k]};
      total += apart * apart;
    }
    return total;
  }

  MatrixView rows_;
  double square_;
  std::vector<double> scores_;
};

}  // namespace jest
