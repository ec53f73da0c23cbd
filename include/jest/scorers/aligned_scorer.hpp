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

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "jest/core/score.hpp"
#include "jest/core/stage_seconds.hpp"
#include "jest/learner/learner.hpp"
#include "jest/learner/reference_model.hpp"
#include "jest/scorers/target_direction.hpp"
#include "jest/torch/select.hpp"

namespace jest {

struct AlignedScorerSpec {
  std::int64_t count = 0;  ///< b
  Preset preset = Preset::kJoint;
  std::optional<std::int64_t> chunks = {};
  double gain = kDefaultGain;
  std::uint64_t seed = 0;
  double step_size = 1;                       ///< η > 0
  InteractionSchedule interaction = {};       ///< κ
  double learnability_weight = 0;             ///< at 0 the reference is never run
  ScoreWeights learnability = kLearnability;  ///< w_L, w_R; its interaction is not looked at
  std::int64_t refresh_every = 10;            ///< steps that share a target direction
  ScoringSpec scoring = {};                   ///< of super-batches and of curated batches
};

JEST_EXPORT void check_aligned_scorer(const AlignedScorerSpec& spec);

namespace detail {

/// weight·(w_L·loss − w_R·reference loss), [B] float64; undefined at weight 0.
JEST_EXPORT at::Tensor added_learnability(const LossTensors& losses, const AlignedScorerSpec& spec);

}  // namespace detail

/// `curated.at(k)` gives the batch, a pure function of k, whose mean feature is the target of the
/// steps k·refresh_every and following; it is asked for at the first selection among them.
/// The target is state (see TargetDirection): Trainer keeps it in its checkpoints.
/// Holds references: learner, reference and curated must outlive the scorer. At learnability weight
/// 0 the reference is never asked: NoReference will do.
template <class Model, class Reference, class Curated>
class AlignedScorer {
 public:
  template <class Objective>
  AlignedScorer(Learner<Model, Objective>& learner, Reference& reference, Curated& curated,
                const AlignedScorerSpec& spec)
      : model_(learner.model()),
        reference_(reference),
        curated_(curated),
        spec_(spec),
        target_(spec.refresh_every) {
    check_aligned_scorer(spec_);
  }

  std::int64_t count() const { return spec_.count; }
  std::uint64_t seed() const { return spec_.seed; }
  static constexpr bool kScores = true;

  /// Positions in `super_batch`. Deterministic in (parameters, target, ids, seed, step). Statistics
  /// carry the milliseconds of scoring, a refresh included, and how many examples each model was
  /// run on: learner_scored counts the curated ones of a refresh. Mean own scores are means of a_i.
  template <Batch B>
  requires GivesGradientFeatures<Model, B> Selection select(const B& super_batch,
                                                            std::uint32_t step) {
    double learner_seconds = 0;
    double reference_seconds = 0;
    const std::span<const std::int64_t> ids = super_batch.ids();
    const auto candidates = static_cast<std::int64_t>(ids.size());
    const std::int64_t curated = timed(learner_seconds, [&] { return refresh(step); });
    const LossesAndFeatures scored = timed(learner_seconds, [&] {
      const auto result = score_losses_and_features(model_, super_batch, spec_.scoring);
      detail::wait_for(result.features);
      return result;
    });
    LossTensors losses{scored.losses, {}};
    if (weighs_reference()) {
      losses.reference = timed(reference_seconds, [&] { return reference_.losses(super_batch); });
    }
    const double interaction = spec_.interaction.at(step);
    Selection selection =
        jest::select({scored.features, target_.vector(), detail::added_learnability(losses, spec_)},
                     selection_spec(ids, step, interaction), {spec_.step_size, interaction});
    const bool runs_reference = weighs_reference() && Reference::kRunsForward;
    selection.statistics.learner_scored = candidates + curated;
    selection.statistics.reference_scored = runs_reference ? candidates : 0;
    selection.statistics.learner_scoring_ms = 1e3 * learner_seconds;
    selection.statistics.reference_scoring_ms = 1e3 * reference_seconds;
    return selection;
  }

  /// Nothing: pair terms act here.
  template <Batch B>
  std::string_view remark() const {
    return "";
  }

  NamedTensors state() const { return target_.state(); }
  void load_state(const NamedTensors& state) { target_.load_state(state); }

 private:
  /// Renews the target where `step` is of another period; how many examples that ran forward.
  std::int64_t refresh(std::uint32_t step) {
    const std::int64_t period = target_.period_of(step);
    if (target_.is_of(period)) return 0;
    const auto batch = curated_.at(period);
    target_.set(period, score_losses_and_features(model_, batch, spec_.scoring).features);
    return static_cast<std::int64_t>(std::span(batch.ids()).size());
  }

  bool weighs_reference() const {
    return spec_.learnability_weight != 0 && spec_.learnability.reference != 0;
  }

  /// Without pair terms N rounds and one draw have the same law: see JointExampleScorer.
  SelectionSpec selection_spec(std::span<const std::int64_t> ids, std::uint32_t step,
                               double interaction) const {
    const bool one_round = interaction == 0 && spec_.preset == Preset::kJoint;
    return {.count = spec_.count,
            .preset = spec_.preset,
            .chunks = one_round ? std::optional<std::int64_t>(1) : spec_.chunks,
            .gain = spec_.gain,
            .seed = spec_.seed,
            .step = step,
            .ids = ids};
  }

  Model& model_;
  Reference& reference_;
  Curated& curated_;
  AlignedScorerSpec spec_;
  TargetDirection target_;
};

}  // namespace jest
