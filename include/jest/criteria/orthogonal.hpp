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
#include "jest/criteria/conditional_scores.hpp"

namespace jest {

/// The running state. Double precision, deterministic; picks are taken in the order given.
class OrthogonalScores {
 public:
  /// `features` [B, d] must outlive this. A row that holds NaN is set aside: it scores NaN and has
  /// no part in the mean. Throws on a matrix without columns.
  explicit OrthogonalScores(const MatrixView& features)
      : OrthogonalScores(features, block_sums(features, 0), features.rows) {}

  /// Of one rank's part of `total` rows: `sums` are the block_sums of all ranks, one after the
  /// other.
  OrthogonalScores(const MatrixView& features, std::span<const double> sums, std::int64_t total)
      : features_(features) {
    check_matrix("orthogonal scores", features_, 0);
    scores_.resize(detail::at(features_.rows));
    residual_.assign(detail::at(features_.cols), 0.0);
    for (std::size_t k = 0; k < sums.size(); ++k) residual_[k % residual_.size()] += sums[k];
    for (double& mean : residual_) mean /= static_cast<double>(total);
    beginning_ = norm(residual_);
    score_all();
  }

  /// Sums of the rows of every kBlock positions of the whole, [blocks, d]; the first row lies at
  /// `first`, on a multiple of kBlock where the mean shall have the bits of one process.
  static std::vector<double> block_sums(const MatrixView& features, std::int64_t first) {
    constexpr std::int64_t kBlock = 64;
    check_matrix("orthogonal scores", features, 0);
    const std::int64_t before = first / kBlock;
    const std::int64_t last = (first + features.rows + kBlock - 1) / kBlock;
    std::vector<double> sums(detail::at(features.rows == 0 ? 0 : (last - before) * features.cols));
    for (std::int64_t i = 0; i < features.rows; ++i) {
      const float* row = features.row(i);
      const auto cols = detail::at(features.cols);
      if (is_nan({row, cols})) continue;
      double* sum = &sums[detail::at(((first + i) / kBlock - before) * features.cols)];
      for (std::size_t k = 0; k < cols; ++k) sum[k] += static_cast<double>(row[k]);
    }
    return sums;
  }

  std::span<const double> scores() const { return scores_; }

  void condition_on(std::span<const std::int64_t> picks) { condition_on(Picked{own_picks(picks)}); }
  void condition_on(const Picked& picked) {
    for (const Pick& pick : picked.picks) take_out(detail::row_of(pick, features_));
    score_all();
  }

  std::int64_t row_bytes() const { return detail::row_bytes(features_); }
  void copy_row(std::int64_t position, std::byte* out) const {
    detail::copy_row(features_, position, out);
  }
  std::uint64_t digest() const {
    detail::Digest digest;
    for (const double value : residual_) digest.add(value);
    return digest.value();
  }

  std::int64_t extra_bytes() const {
    const std::size_t numbers = scores_.size() + residual_.size() * (1 + basis_.size());
    return static_cast<std::int64_t>(numbers * sizeof(double));
  }

 private:
  /// A part of the beginning that counts as nothing.
  static constexpr double kNothing = 1e-9;
  using Row = std::vector<double>;

  static bool is_nan(std::span<const float> row) {
    for (const float value : row) {
      if (std::isnan(value)) return true;
    }
    return false;
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
  void take_out(const float* row) {
    Row direction(row, row + residual_.size());
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
