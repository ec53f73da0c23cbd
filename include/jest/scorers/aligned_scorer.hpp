#pragma once
// Scores a super-batch by gradient alignment and picks the sub-batch to train on: joint selection
// for models whose losses are per example (language models, classifiers).
//
//   jest::AlignedScorer scorer{learner, reference, curated, {.count = 64, .step_size = 1e-3}};
//   auto picks = scorer.select(super_batch, step);
//
// a_i = η·(h_i·v) + learnability_weight·(w_L·loss_i − w_R·reference loss_i), Q_ij = −½η²·(h_i·h_j):
// aligned with the curated set, not redundant with what is picked. h are the model's gradient
// features, v their mean over one batch of the curated set. docs/method.md, "Gradient alignment".
// Source: Wang et al., GREATS, NeurIPS 2024.
//
// Scale: keys are gain·g_i, so draws depend on gain·η (how sharply alignment decides), η·κ (what
// redundancy costs, in units of alignment) and gain·learnability_weight alone. One SGD step at rate
// r on the mean loss of b picks is η = r/b, with gains of the order of 1/(η·spread of h·v).

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <utility>

#include "jest/core/error.hpp"
#include "jest/core/score.hpp"
#include "jest/learner/learner.hpp"
#include "jest/learner/reference_model.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/scorer.hpp"
#include "jest/torch/arrays.hpp"
#include "jest/torch/select.hpp"

namespace jest {

/// Where training should lead, the mean gradient feature of a small curated batch:
/// the target direction v [D] of one period of `refresh_every` steps: step t is of period
/// t / refresh_every, rounded down. It outlives the parameters that gave it, and so is state.
class JEST_EXPORT TargetDirection {
 public:
  /// Throws unless `refresh_every` is at least 1.
  explicit TargetDirection(std::int64_t refresh_every);

  std::int64_t period_of(std::int64_t step) const { return step / refresh_every_; }
  bool is_of(std::int64_t period) const { return period_ == period; }

  /// The mean over n of features [n, D]. Throws on other shapes, on none and on numbers not finite.
  void set(std::int64_t period, const at::Tensor& features);

  /// v [D] float32; undefined before the first `set`.
  const at::Tensor& vector() const { return vector_; }

  /// "period" [1] int64 and, after the first `set`, "direction" [D] float32; and back. Throws on a
  /// state without them.
  NamedTensors state() const;
  void load_state(const NamedTensors& state);

 private:
  std::int64_t refresh_every_;
  std::int64_t period_ = -1;
  at::Tensor vector_;
};

struct AlignedScorerSpec {
  std::int64_t count = 0;  ///< b
  double share = 0;        ///< b as a share of the candidates, where `count` is 0
  Sampling sampling = {};
  std::uint64_t seed = 0;
  double step_size = 1;                       ///< η > 0
  double learnability_weight = 0;             ///< at 0 the reference is never run
  ScoreWeights learnability = kLearnability;  ///< w_L, w_R
  std::int64_t refresh_every = 10;            ///< steps that share a target direction
  ScoringSpec scoring = {};                   ///< of super-batches and of curated batches
  Shortage shortage = Shortage::kRefuse;      ///< of a super-batch of fewer than b
  Exchange* exchange = nullptr;               ///< ranks that share the work, as ScorerSpec's

  PickCount picks() const { return {count, share, shortage}; }
};

JEST_EXPORT void check_aligned_scorer(const AlignedScorerSpec& spec);

namespace detail {

/// weight·(w_L·loss − w_R·reference loss), [B] float64; undefined at weight 0.
JEST_EXPORT at::Tensor added_learnability(const LossTensors& losses, const AlignedScorerSpec& spec);

}  // namespace detail

/// `curated.at(k)` gives the batch, a pure function of k, whose mean feature is the target of the
/// steps k·refresh_every and following; it is asked for at the first selection among them.
/// The target is state (see TargetDirection): Trainer keeps it in its checkpoints.
/// Holds references: learner and reference must outlive the scorer, and so must a curated source
/// given as an lvalue. At learnability weight 0 the reference is never asked: NoReference will do.
template <class Model, class Reference, class Curated>
class AlignedScorer {
 public:
  template <class Objective>
  AlignedScorer(Learner<Model, Objective>& learner, Reference& reference, Curated&& curated,
                const AlignedScorerSpec& spec)
      : model_(learner.model()),
        reference_(reference),
        curated_(std::forward<Curated>(curated)),
        spec_(spec),
        target_(spec.refresh_every) {
    check_aligned_scorer(spec_);
  }

  std::int64_t count(std::int64_t candidates) const { return spec_.picks().of(candidates); }
  std::uint64_t seed() const { return spec_.seed; }
  bool scores() const { return true; }

  /// Positions in `super_batch`. Deterministic in (parameters, target, ids, seed, step). The
  /// learner's time and its count of examples include those of a refresh. Mean own scores are means
  /// of a_i.
  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) {
    static_assert(GivesGradientFeatures<Model, B>,
                  "AlignedScorer: the learner's model needs `model->losses_and_features(batch)`, "
                  "which gives jest::LossesAndFeatures");
    const auto candidates = detail::size_of(super_batch);
    if (auto few = detail::of_too_few(spec_.picks(), candidates)) return *few;
    ScoringStatistics how;
    how.learner_scored =
        candidates + detail::timed_ms(how.learner_ms, [&] { return refresh(step); });
    const SelectionSpec spec = selection_spec(candidates, step);
    Selection picks = detail::with_part(super_batch, spec, [&](const B& part) {
      const AlignmentTensors gradients =
          detail::on_all_ranks(spec, [&] { return scored(part, how); });
      return jest::select(gradients, spec, {spec_.step_size});
    });
    if (weighs_reference() && Reference::kRunsForward) how.reference_scored = candidates;
    if (picks.is_flat(spec_.sampling, candidates)) how.remark = kFlatRemark;
    return {std::move(picks), how};
  }

  NamedTensors state() const { return target_.state(); }
  void load_state(const NamedTensors& state) { target_.load_state(state); }

 private:
  template <Batch B>
  AlignmentTensors scored(const B& part, ScoringStatistics& how) {
    const LossesAndFeatures scored = detail::timed_ms(how.learner_ms, [&] {
      const auto result = score_losses_and_features(model_, part, spec_.scoring, "learner");
      detail::wait_for(result.features);
      return result;
    });
    LossTensors losses{.learner = scored.losses, .reference = {}, .ids = {}};
    if (weighs_reference()) {
      losses.reference =
          detail::timed_ms(how.reference_ms, [&] { return reference_.losses(part); });
    }
    return {.features = scored.features,
            .direction = target_.vector(),
            .added = detail::added_learnability(losses, spec_),
            .ids = id_tensor(part.ids())};
  }

  /// Renews the target where `step` is of another period; how many examples that ran forward.
  std::int64_t refresh(std::int64_t step) {
    const std::int64_t period = target_.period_of(step);
    if (target_.is_of(period)) return 0;
    const auto batch = curated_.at(period);
    target_.set(period,
                score_losses_and_features(model_, batch, spec_.scoring, "learner").features);
    return detail::size_of(batch);
  }

  bool weighs_reference() const {
    return spec_.learnability_weight != 0 && spec_.learnability.reference != 0;
  }

  SelectionSpec selection_spec(std::int64_t candidates, std::int64_t step) const {
    const SelectionSpec spec{
        .count = count(candidates), .sampling = spec_.sampling, .seed = spec_.seed, .step = step};
    return detail::over_ranks(detail::without_idle_rounds(spec), candidates, spec_.exchange);
  }

  Model& model_;
  Reference& reference_;
  Curated curated_;
  AlignedScorerSpec spec_;
  TargetDirection target_;
};

template <class Model, class Objective, class Reference, class Curated>
AlignedScorer(Learner<Model, Objective>&, Reference&, Curated&&, const AlignedScorerSpec&)
    -> AlignedScorer<Model, Reference, Curated>;

/// Picks by the learner's gradient features alone, without a reference model.
///
///     jest::FeatureScorer scorer{learner, {.count = 32, .sampling = {.chunks = 32, .gain = 1}},
///                                jest::ByRepresentatives{}};
///
/// A rule for FeatureTensors (scorers/rules.hpp) says how features become picks.
/// Holds a reference: the learner must outlive the scorer. Of the spec, weights and contrast have
/// no meaning here.
template <class Model, class R>
requires Rule<R, FeatureTensors>
class FeatureScorer {
 public:
  template <class Objective>
  FeatureScorer(Learner<Model, Objective>& learner, const ScorerSpec& spec, const R& rule)
      : model_(learner.model()), spec_(spec), rule_(rule) {
    spec_.picks().check("feature scorer");
    if (spec_.count > 0) chunk_count({.count = spec_.count, .sampling = spec_.sampling});
  }

  std::int64_t count(std::int64_t candidates) const { return spec_.picks().of(candidates); }
  std::uint64_t seed() const { return spec_.seed; }
  bool scores() const { return true; }

  /// Positions in `super_batch`. Deterministic in (parameters, ids, seed, step).
  template <Batch B>
  requires GivesGradientFeatures<Model, B> ScoredSelection select(const B& super_batch,
                                                                  std::int64_t step) {
    const auto candidates = detail::size_of(super_batch);
    if (auto few = detail::of_too_few(spec_.picks(), candidates)) return *few;
    ScoringStatistics how{.learner_scored = candidates};
    const SelectionSpec spec = spec_.selection(candidates, step);
    Selection picks = detail::with_part(super_batch, spec, [&](const B& part) {
      const LossesAndFeatures scored =
          detail::on_all_ranks(spec, [&] { return scored_features(part, how); });
      return rule_(FeatureTensors{scored.losses, scored.features, id_tensor(part.ids())}, spec, {});
    });
    return {std::move(picks), how};
  }

 private:
  template <Batch B>
  LossesAndFeatures scored_features(const B& part, ScoringStatistics& how) {
    return detail::timed_ms(how.learner_ms, [&] {
      auto result = score_losses_and_features(model_, part, spec_.scoring, "learner");
      detail::wait_for(result.features);
      return result;
    });
  }

  Model& model_;
  ScorerSpec spec_;
  R rule_;
};

}  // namespace jest
