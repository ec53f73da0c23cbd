#pragma once
// Conditional scores of a contrastive criterion from the running sums of its two models. A backend
// provides the sums of one model; everything else is here once.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "jest/criteria/contrastive.hpp"

namespace jest {

/// Whether freshly picked candidates leave the super-batch. They stay when all candidates are
/// conditioned on (mean field), and then a candidate's pair with itself must not be counted.
enum class AfterPicking { kLeave, kStay };

/// `Sums` of one model offers
/// - own(first, terms): the own terms of candidates from `first` on, written to `terms`, from
///   (pairs, embeddings, engine) at construction;
/// - condition_on(picks, then): picks ascending in id; those that leave are never asked for again;
/// - pairs(i): what everything conditioned on adds to candidate i;
/// - extra_bytes(): its peak memory beside the inputs.
///
/// Before any other pick a score is the own term. Scores of picked candidates are stale.
template <class Pairs, class Sums>
class ContrastiveScores {
 public:
  using Engine = typename Sums::Engine;

  /// `interaction` is κ, the weight of pair terms.
  ContrastiveScores(const Pairs& pairs, double interaction, const Engine& engine)
      : weights_(pairs.weights), interaction_(interaction) {
    check_pairs("select", pairs);
    if (weights_.learner != 0) learner_.emplace(pairs, pairs.learner, engine);
    if (weights_.reference != 0) reference_.emplace(pairs, pairs.reference, engine);
    own_.resize(static_cast<std::size_t>(pairs.candidates()));
    for (std::size_t first = 0; first < own_.size(); first += kBatch) weigh_own(first);
    in_play_ = std::count_if(own_.begin(), own_.end(), [](double own) { return !std::isnan(own); });
    scores_ = own_;
    picked_.resize(own_.size());
  }

  std::span<const double> scores() const { return scores_; }

  void condition_on(std::span<const std::int64_t> picks) {
    if (interaction_ == 0) return;
    const auto count = static_cast<std::int64_t>(picks.size());
    // Mean field alone conditions on all candidates in play, and needs their scores afterwards.
    const AfterPicking then = count == in_play_ ? AfterPicking::kStay : AfterPicking::kLeave;
    if (learner_) learner_->condition_on(picks, then);
    if (reference_) reference_->condition_on(picks, then);
    for (const std::int64_t j : picks) picked_[j] = 1;
    conditioned_on_ += count;
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      if (conditioned_on_ == picked_[i]) continue;  // no other pick than itself
      scores_[i] = own_[i] + interaction_ *
                                 weighed(i, [](const Sums& sums, auto k) { return sums.pairs(k); });
    }
  }

  /// Whether a model went another way than its backend's name says.
  bool fell_back() const requires requires(const Sums& sums) { sums.fell_back(); }
  { return (learner_ && learner_->fell_back()) || (reference_ && reference_->fell_back()); }

  std::int64_t extra_bytes() const {
    auto bytes = static_cast<std::int64_t>(own_.size() * (2 * sizeof(double) + sizeof(char)));
    if (learner_) bytes += learner_->extra_bytes();
    if (reference_) bytes += reference_->extra_bytes();
    return bytes;
  }

 private:
  static constexpr std::size_t kBatch = 256;

  /// Own terms of at most kBatch candidates.
  void weigh_own(std::size_t first) {
    const std::size_t count = std::min(kBatch, own_.size() - first);
    double learner[kBatch] = {};
    double reference[kBatch] = {};
    const auto row = static_cast<std::int64_t>(first);
    if (learner_) learner_->own(row, {learner, count});
    if (reference_) reference_->own(row, {reference, count});
    for (std::size_t k = 0; k < count; ++k) {
      own_[first + k] = weights_.weigh(learner[k], reference[k]);
    }
  }

  template <class Term>
  double weighed(std::size_t row, const Term& term) const {
    const auto i = static_cast<std::int64_t>(row);
    return weights_.weigh(learner_ ? term(*learner_, i) : 0.0,
                          reference_ ? term(*reference_, i) : 0.0);
  }

  ScoreWeights weights_;
  double interaction_;
  std::optional<Sums> learner_;
  std::optional<Sums> reference_;
  std::vector<double> own_;
  std::vector<double> scores_;
  std::vector<char> picked_;
  std::int64_t in_play_ = 0;
  std::int64_t conditioned_on_ = 0;
};

}  // namespace jest
