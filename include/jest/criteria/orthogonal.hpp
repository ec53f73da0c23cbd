#pragma once
// Orthogonalised representativeness: which rows span the direction of the mean row, no two of them
// saying the same. Picks are joint: each one takes its direction out of what is still to be said.
//
// r is the mean of the rows f; a candidate scores log|f_i·r|. Conditioning on a pick makes f_j
// orthonormal to the picks before it, e, and takes its part out: r ← r − (e·r)·e. Drawn one by one
// at gain 1, P(pick) ∝ |f_i·r|, as published; ranked, the largest part first. Once nothing of r is
// left all candidates score 0, and the rest is drawn uniformly.
//
// Source: DivBS, Hong et al., ICML 2024, arXiv 2406.04872, section 3, in the form of its authors'
// code. A round of c picks costs O(B·d + c·|A|·d); memory O(B + |A|·d).

#include <cmath>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/views.hpp"

namespace jest {

/// The running state. Double precision, deterministic; picks are taken in the order given.
class OrthogonalScores {
 public:
  /// `features` [B, d] must outlive this. A row that holds NaN is set aside: it scores NaN and has
  /// no part in the mean. Throws on an empty matrix.
  explicit OrthogonalScores(const MatrixView& features) : features_(features) {
    check_matrix("orthogonal scores", features_);
    scores_.resize(detail::at(features_.rows));
    residual_.assign(detail::at(features_.cols), 0.0);
    for (std::int64_t i = 0; i < features_.rows; ++i) {
      if (!is_nan(i)) add(i, 1.0 / static_cast<double>(features_.rows), residual_);
    }
    beginning_ = norm(residual_);
    score_all();
  }

  std::span<const double> scores() const { return scores_; }

  void condition_on(std::span<const std::int64_t> picks) {
    for (const std::int64_t j : picks) take_out(j);
    score_all();
  }

  std::int64_t extra_bytes() const {
    const std::size_t numbers = scores_.size() + residual_.size() * (1 + basis_.size());
    return static_cast<std::int64_t>(numbers * sizeof(double));
  }

 private:
  /// A part of the beginning that counts as nothing.
  static constexpr double kNothing = 1e-9;
  using Row = std::vector<double>;

  bool is_nan(std::int64_t i) const {
    for (std::int64_t k = 0; k < features_.cols; ++k) {
      if (std::isnan(features_.row(i)[k])) return true;
    }
    return false;
  }

  void add(std::int64_t i, double factor, Row& to) const {
    const float* row = features_.row(i);
    for (std::size_t k = 0; k < to.size(); ++k) to[k] += factor * static_cast<double>(row[k]);
  }
  static double dot(const Row& a, const Row& b) {
    double total = 0;
    for (std::size_t k = 0; k < a.size(); ++k) total += a[k] * b[k];
    return total;
  }
  static double norm(const Row& row) { return std::sqrt(dot(row, row)); }
  static void subtract(Row& from, double factor, const Row& row) {
    for (std::size_t k = 0; k < from.size(); ++k) from[k] -= factor * row[k];
  }

  /// Gram–Schmidt twice over, as once leaves rounding in what is nearly dependent.
  void take_out(std::int64_t j) {
    Row direction(residual_.size(), 0.0);
    add(j, 1, direction);
    const double length = norm(direction);
    for (int pass = 0; pass < 2; ++pass) {
      for (const Row& e : basis_) subtract(direction, dot(e, direction), e);
    }
    const double left = norm(direction);
    if (!(left > kNothing * length)) return;  // it says nothing new
    for (double& value : direction) value /= left;
    subtract(residual_, dot(direction, residual_), direction);
    basis_.push_back(std::move(direction));
  }

  void score_all() {
    const bool nothing_left = !(norm(residual_) > kNothing * beginning_);
    for (std::int64_t i = 0; i < features_.rows; ++i) {
      const float* row = features_.row(i);
      double part = 0;
      for (std::size_t k = 0; k < residual_.size(); ++k) {
        part += static_cast<double>(row[k]) * residual_[k];
      }
      double& score = scores_[detail::at(i)];
      if (std::isnan(score) || std::isnan(part)) {
        score = std::nan("");
      } else {
        score = nothing_left ? 0.0 : std::log(std::fabs(part));
      }
    }
  }

  MatrixView features_;
  std::vector<double> scores_;
  Row residual_;
  std::vector<Row> basis_;
  double beginning_ = 0;
};

}  // namespace jest
