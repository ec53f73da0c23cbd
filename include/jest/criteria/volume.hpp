#pragma once
// The volume that picks span: log det(I + E_A·E_Aᵀ/σ²), e the rows, σ² the noise. Unlike rows span
// more than like ones; no loss takes part.
//
// One more candidate adds log(1 + e_i·M·e_i/σ²), M = (I + Σ_{j∈A} e_j·e_jᵀ/σ²)⁻¹, by the lemma of
// the determinant; M follows each pick by Sherman and Morrison. Drawn one by one at gain 1,
// P(pick) ∝ det(I + L of A and i), L = E·Eᵀ/σ². That is not an exact draw from the determinantal
// process of b picks, which weighs whole sets; ranked, it is that process's greedy mode.
//
// Source: Zhang et al., UAI 2017, arXiv 1705.00607; greedy mode: Chen et al., NeurIPS
// 2018, arXiv 1709.05135. A round of c picks costs O(c·(B·d + d²)); memory O(B + d²).

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"

namespace jest {

/// The running state. Double precision, deterministic; picks are taken in the order given.
class VolumeScores {
 public:
  /// `rows` [B, d] must outlive this; `noise` is σ² > 0, of the scale of a row's squared length. A
  /// row that holds NaN scores NaN. Throws on a matrix without columns and on another noise.
  VolumeScores(const MatrixView& rows, double noise) : rows_(rows), noise_(noise) {
    check_matrix("volume scores", rows_, 0);
    if (!std::isfinite(noise) || noise <= 0) {
      refuse("volume scores", "a finite noise above 0", noise);
    }
    const std::size_t d = detail::at(rows_.cols);
    inverse_.assign(d * d, 0.0);
    for (std::size_t k = 0; k < d; ++k) inverse_[k * d + k] = 1;
    for (std::int64_t i = 0; i < rows_.rows; ++i) {
      double square = 0;
      for (std::int64_t k = 0; k < rows_.cols; ++k) square += element(i, k) * element(i, k);
      left_.push_back(square);
    }
    score_all();
  }

  std::span<const double> scores() const { return scores_; }

  void condition_on(std::span<const std::int64_t> picks) { condition_on(Picked{own_picks(picks)}); }
  void condition_on(const Picked& picked) {
    for (const Pick& pick : picked.picks) take(detail::row_of(pick, rows_));
    score_all();
  }

  std::int64_t row_bytes() const { return detail::row_bytes(rows_); }
  void copy_row(std::int64_t position, std::byte* out) const {
    detail::copy_row(rows_, position, out);
  }
  std::uint64_t digest() const {
    return detail::Digest().add(noise_).add(static_cast<std::uint64_t>(rows_.cols)).value();
  }

  std::int64_t extra_bytes() const {
    return static_cast<std::int64_t>((left_.size() + scores_.size() + inverse_.size()) *
                                     sizeof(double));
  }

 private:
  using Numbers = std::vector<double>;

  double element(std::int64_t i, std::int64_t k) const {
    return static_cast<double>(rows_.row(i)[k]);
  }
  double dot(const float* row, const double* other) const {
    double total = 0;
    for (std::int64_t k = 0; k < rows_.cols; ++k) total += static_cast<double>(row[k]) * other[k];
    return total;
  }

  void take(const float* row) {
    const std::size_t d = detail::at(rows_.cols);
    Numbers image(d);  // M·e_j
    for (std::size_t k = 0; k < d; ++k) image[k] = dot(row, &inverse_[k * d]);
    const double denominator = noise_ + dot(row, image.data());
    for (std::int64_t i = 0; i < rows_.rows; ++i) {
      const double shared = dot(rows_.row(i), image.data());
      left_[detail::at(i)] -= shared * shared / denominator;
    }
    for (std::size_t k = 0; k < d; ++k) {
      for (std::size_t l = 0; l < d; ++l) inverse_[k * d + l] -= image[k] * image[l] / denominator;
    }
  }

  void score_all() {
    scores_.clear();
    for (const double left : left_) {
      // Rounding may leave less than nothing; a NaN stays one.
      scores_.push_back(std::log1p((left < 0 ? 0.0 : left) / noise_));
    }
  }

  MatrixView rows_;
  double noise_;
  Numbers left_;     ///< e_i·M·e_i
  Numbers inverse_;  ///< M [d, d]
  Numbers scores_;
};

}  // namespace jest
