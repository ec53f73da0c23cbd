#pragma once
// Conditional scores of a contrastive criterion from the running sums of its two models. A backend
// provides the sums of one model; everything else is here once.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "jest/criteria/conditional_scores.hpp"
#include "jest/criteria/contrastive.hpp"
#include "select/picked_rows.hpp"

namespace jest {

/// Whether freshly picked candidates leave the super-batch. They stay when all candidates are
/// conditioned on (mean field), and then a candidate's pair with itself must not be counted.
enum class AfterPicking { kLeave, kStay };

/// `Sums` of one model offers
/// - own(first, terms): the own terms of candidates from `first` on, written to `terms`, from
///   (pairs, embeddings, engine) at construction;
/// - condition_on(rows, then): picks ascending in id; those that leave are never asked for again;
/// - pairs(i): what everything conditioned on adds to candidate i;
/// - extra_bytes(): its peak memory beside the inputs;
/// and, where the size of numbers decides how it adds, magnitudes() and agree(magnitudes), two;
/// where it may round rows before it adds, row_format(), known once that is agreed upon.
///
/// Before any other pick a score is the own term. Scores of picked candidates are stale.
template <class Pairs, class Sums>
class ContrastiveScores {
 public:
  using Engine = typename Sums::Engine;

  /// `pairs` were checked. `interaction` is κ, the weight of pair terms.
  ContrastiveScores(const Pairs& pairs, double interaction, const Engine& engine)
      : pairs_(pairs), interaction_(interaction), engine_(engine) {
    if (pairs.weights.learner != 0) learner_.emplace(pairs, pairs.learner, engine);
    if (pairs.weights.reference != 0) reference_.emplace(pairs, pairs.reference, engine);
    own_.resize(static_cast<std::size_t>(pairs.candidates()));
    for (std::size_t first = 0; first < own_.size(); first += kBatch) weigh_own(first);
    in_play_ = std::count_if(own_.begin(), own_.end(), [](double own) { return !std::isnan(own); });
    scores_ = own_;
    picked_.resize(own_.size());
  }

  std::span<const double> scores() const { return scores_; }

  /// Of one rank; mean field if these are all candidates in play.
  void condition_on(std::span<const std::int64_t> picks) {
    condition_on(Picked{own_picks(picks), std::ssize(picks) == in_play_});
  }

  void condition_on(const Picked& picked) {
    if (interaction_ == 0) return;
    const std::int64_t of_learner = learner_bytes();
    if (learner_) condition(*learner_, pairs_.learner, picked, 0);
    if (reference_) condition(*reference_, pairs_.reference, picked, of_learner);
    for (const Pick& pick : picked.picks) {
      if (pick.is_own()) picked_[static_cast<std::size_t>(pick.position)] = 1;
    }
    conditioned_on_ += std::ssize(picked.picks);
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      if (conditioned_on_ == picked_[i]) continue;  // no other pick than itself
      scores_[i] = own_[i] + interaction_ *
                                 weighed(i, [](const Sums& sums, auto k) { return sums.pairs(k); });
    }
  }

  /// x and y of the learner, then of the reference, of those that have a weight.
  std::int64_t row_bytes() const {
    if (interaction_ == 0) return 0;
    return learner_bytes() + (reference_ ? side_bytes(*reference_, pairs_.reference) * 2 : 0);
  }
  void copy_row(std::int64_t position, std::byte* out) const {
    for (const EmbeddingsView* model : {&pairs_.learner, &pairs_.reference}) {
      const auto& sums = model == &pairs_.learner ? learner_ : reference_;
      if (!sums) continue;
      for (const MatrixView* side : {&model->x, &model->y}) {
        detail::copy_row(*side, position, format_of(*sums), out);
        out += side_bytes(*sums, *model);
      }
    }
  }

  std::uint64_t digest() const {
    detail::Digest digest;
    digest.add(pairs_.weights.learner).add(pairs_.weights.reference).add(Sums::digest(engine_));
    if constexpr (requires { pairs_.include_positive; }) {
      digest.add(std::uint64_t{pairs_.include_positive});
    }
    for (const EmbeddingsView* model : {&pairs_.learner, &pairs_.reference}) {
      if (model == &pairs_.learner ? !learner_ : !reference_) continue;
      digest.add(model->scale).add(model->bias).add(static_cast<std::uint64_t>(model->x.cols));
    }
    return digest.value();
  }

  Magnitudes magnitudes() requires requires(Sums& sums) { sums.magnitudes(); }
  {
    Magnitudes all{};
    if (interaction_ == 0) return all;
    if (learner_) std::tie(all[0], all[1]) = learner_->magnitudes();
    if (reference_) std::tie(all[2], all[3]) = reference_->magnitudes();
    return all;
  }
  void agree(const Magnitudes& all) requires requires(Sums& sums) { sums.magnitudes(); }
  {
    if (interaction_ == 0) return;
    if (learner_) learner_->agree({all[0], all[1]});
    if (reference_) reference_->agree({all[2], all[3]});
  }

  /// Whether a model went another way than its backend's name says.
  bool fell_back() const requires requires(const Sums& sums) { sums.fell_back(); }
  { return (learner_ && learner_->fell_back()) || (reference_ && reference_->fell_back()); }

  std::int64_t extra_bytes() const {
    auto bytes = static_cast<std::int64_t>(own_.size() * (2 * sizeof(double) + sizeof(char)));
    if (learner_) bytes += learner_->extra_bytes();
    if (reference_) bytes += reference_->extra_bytes();
    return bytes + widened_bytes_;
  }

 private:
  static constexpr std::size_t kBatch = 256;

  static RowFormat format_of(const Sums& sums) {
    if constexpr (requires { sums.row_format(); }) return sums.row_format();
    return RowFormat::kFloat32;
  }
  static std::int64_t side_bytes(const Sums& sums, const EmbeddingsView& model) {
    return detail::row_bytes(model.x, format_of(sums));
  }
  std::int64_t learner_bytes() const {
    return learner_ ? side_bytes(*learner_, pairs_.learner) * 2 : 0;
  }

  /// `offset` of the model's x within a row of another rank.
  void condition(Sums& sums, const EmbeddingsView& model, const Picked& picked,
                 std::int64_t offset) {
    const PickedRows rows = picked_rows(model, picked.picks, offset, format_of(sums));
    widened_bytes_ = std::max(widened_bytes_, rows.widened_bytes);
    sums.condition_on(rows, picked.stay ? AfterPicking::kStay : AfterPicking::kLeave);
  }

  /// Own terms of at most kBatch candidates.
  void weigh_own(std::size_t first) {
    const std::size_t count = std::min(kBatch, own_.size() - first);
    double learner[kBatch] = {};
    double reference[kBatch] = {};
    const auto row = static_cast<std::int64_t>(first);
    if (learner_) learner_->own(row, {learner, count});
    if (reference_) reference_->own(row, {reference, count});
    for (std::size_t k = 0; k < count; ++k) {
      own_[first + k] = pairs_.weights.weigh(learner[k], reference[k]);
    }
  }

  template <class Term>
  double weighed(std::size_t row, const Term& term) const {
    const auto i = static_cast<std::int64_t>(row);
    return pairs_.weights.weigh(learner_ ? term(*learner_, i) : 0.0,
                                reference_ ? term(*reference_, i) : 0.0);
  }

  Pairs pairs_;
  double interaction_;
  Engine engine_;
  std::optional<Sums> learner_;
  std::optional<Sums> reference_;
  std::vector<double> own_;
  std::vector<double> scores_;
  std::vector<char> picked_;
  std::int64_t in_play_ = 0;
  std::int64_t conditioned_on_ = 0;
  std::int64_t widened_bytes_ = 0;  // at most, of others' rows
};

}  // namespace jest
