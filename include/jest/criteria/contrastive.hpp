#pragma once
// The two contrastive criteria: what is scored, and the scalar formulas behind it.

#include <cmath>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>

#include "jest/core/error.hpp"
#include "jest/core/exact/elementary.hpp"
#include "jest/core/score.hpp"
#include "jest/core/views.hpp"

namespace jest {

/// Which of the two.
enum class Contrast { kSigmoid, kSoftmax };

inline constexpr Named<Contrast> kContrasts[] = {{"sigmoid", Contrast::kSigmoid},
                                                 {"softmax", Contrast::kSoftmax}};

/// log(1 + e^u) of any u without overflow, with the same bits everywhere; 0 of u below −708.
JEST_HOST_DEVICE inline double softplus(double u) {
  const double e = exact_exp_of_negative(-std::fabs(u));
  const double w = 1.0 + e;
  const double lost = (e - (w - 1.0)) / w;  // log(1 + e) − log w, as w is 1 + e rounded
  return std::fmax(u, 0.0) + (exact_log(w) + lost);
}

/// log(e^a + e^b), −inf for two empty sums, NaN if either is.
JEST_HOST_DEVICE inline double log_add_exp(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  const double larger = std::fmax(a, b);
  if (std::isinf(larger)) return larger;
  return larger + std::log1p(std::exp(-std::fabs(a - b)));
}

/// The own term of a pair whose logit is u_ii: softplus(−u_ii), or −u_ii of softmax pairs.
JEST_HOST_DEVICE inline double own_term(Contrast contrast, double logit) {
  return contrast == Contrast::kSigmoid ? softplus(-logit) : -logit;
}

/// The pair term of a softmax loss: ½R_i + ½C_i.
JEST_HOST_DEVICE inline double softmax_pairs(double row, double column) {
  return 0.5 * row + 0.5 * column;
}

/// The same with e^{positive} inside both logarithms.
JEST_HOST_DEVICE inline double softmax_pairs(double row, double column, double positive) {
  return softmax_pairs(log_add_exp(row, positive), log_add_exp(column, positive));
}

/// Learner and reference embeddings of one super-batch, and how their losses are weighed. A model
/// whose weight is zero is ignored and may be left out.
struct ContrastivePairs {
  EmbeddingsView learner;
  EmbeddingsView reference;
  ScoreWeights weights = kLearnability;
  std::span<const std::int64_t> ids = {};  ///< [B] distinct, ≥ 0; positions when empty

  std::int64_t candidates() const {
    return weights.learner != 0 ? learner.rows() : reference.rows();
  }
};

/// Sigmoid-contrastive pairs, JEST's default. Pair loss m_ij = softplus(−u_ii) if i = j,
/// softplus(u_ij) otherwise, with u = t·s + β.
/// Source: Zhai et al. 2023 (SigLIP); arXiv 2406.17711, the sign of β as in its listing.
struct SigmoidPairs : ContrastivePairs {};

/// Softmax-contrastive pairs (CLIP): −u_ii + ½R_i + ½C_i with R_i = log Σ_{j∈A} e^{u_ij} and
/// C_i = log Σ_{j∈A} e^{u_ji}; only −u_ii while A is empty. The bias counts as 0. The interaction
/// κ multiplies ½R_i + ½C_i.
/// Source: Radford et al. 2021 (CLIP); arXiv 2406.17711, appendix.
struct SoftmaxPairs : ContrastivePairs {
  bool include_positive = false;  ///< add e^{u_ii} inside both logarithms
};

/// Throws unless two models that both have a weight have as many rows.
inline void check_rows(const std::string& operation, const ScoreWeights& weights,
                       std::int64_t learner_rows, std::int64_t reference_rows) {
  if (weights.learner != 0 && weights.reference != 0 && learner_rows != reference_rows) {
    refuse(operation, "as many learner rows as reference rows", learner_rows, " and ",
           reference_rows);
  }
}

/// Throws unless every model with a weight is usable and both describe the same B candidates, as
/// many as there are ids, if any.
inline void check_pairs(const std::string& operation, const ContrastivePairs& pairs) {
  check_weights(pairs.weights);
  if (pairs.weights.learner != 0) check_embeddings(operation + ", learner", pairs.learner);
  if (pairs.weights.reference != 0) check_embeddings(operation + ", reference", pairs.reference);
  check_rows(operation, pairs.weights, pairs.learner.rows(), pairs.reference.rows());
  check_id_count(operation, std::ssize(pairs.ids), pairs.candidates());
}

/// A logit scale and bias that were fitted to the similarities of pairs.
struct LogitFit {
  double scale = 1;        ///< t > 0
  double bias = 0;         ///< β; 0 of softmax pairs
  std::int64_t pairs = 0;  ///< how many pairs were used
};

/// The logit scale and bias under which rows of x and y [n, d] are best told to belong together
/// (x_i with y_i) or not (with all other y_j): the logistic regression of u = t·(x_i·y_j) + β on
/// all n² pairs, or, for softmax pairs, the t of least cross-entropy in both directions. A model
/// that was trained by another loss needs it: own terms of an unfitted one can be flat. Targets are
/// those of Platt, (n+1)/(n+2) in the place of 1, so that pairs which are told apart without an
/// error have a fit. Of more than 1,024 pairs, so many, evenly spaced, are used. The bias depends
/// on how many others a pair is told from: `batch` b is the size of the batches that the logits are
/// for, as many as are picked, say, and others count (b-1)/(n-1) each; 0 is n. Deterministic.
/// O(n²·d) once and O(n²) an iteration; memory O(n²). Throws with fewer than two pairs, a batch of
/// one, on values that are not finite, and where pairs are no more alike than others.
/// Source: Platt 1999, "Probabilistic outputs for support vector machines"; Lin, Lin & Weng 2007.
LogitFit fit_scale_and_bias(const MatrixView& x, const MatrixView& y,
                            Contrast contrast = Contrast::kSigmoid, std::int64_t batch = 0);

/// Above this a model's scale and bias hardly fit it: one stranger in five would be a match.
inline constexpr double kMatchOfStrangers = 0.2;
inline constexpr std::int64_t kFewestStrangers = 16;

/// The mean probability by which a sigmoid model takes x_i and y_{i+B/2}, which do not belong
/// together, for a match; those that are not a number are left out. Near 1/B where scale and bias
/// fit; 0 of fewer than 16 pairs, which say little. O(B·d).
double mean_match_of_strangers(const EmbeddingsView& embeddings);

}  // namespace jest
