#pragma once
// Scores a super-batch with learner and reference and picks the sub-batch to train on.
//
//   jest::JointExampleScorer scorer{learner, reference, {.count = 128}};
//   auto picks = scorer.select(super_batch, step);
//   learner.step(super_batch.at(picks.indices));
//
// A model whose weight is zero is never run. No gradient flows. Models that embed pairs are scored
// by a contrastive criterion, models that give losses by the separable one. Embeddings on a GPU
// stay there; those of a store join them. The host waits after each scoring pass, so that its time
// can be told, and for the picks. Source: Evans et al., arXiv 2406.17711, algorithm 1.

#include <cstdint>
#include <optional>
#include <string_view>

#include "jest/core/score.hpp"
#include "jest/core/stage_seconds.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/learner/learner.hpp"
#include "jest/learner/reference_model.hpp"
#include "jest/scorers/rules.hpp"

namespace jest {

struct ScorerSpec {
  ScoreWeights score = kLearnability;  ///< its interaction is overridden by `interaction`
  InteractionSchedule interaction = {};
  Contrast contrast = Contrast::kSigmoid;
  std::int64_t count = 0;  ///< b
  Preset preset = Preset::kJoint;
  std::optional<std::int64_t> chunks = {};
  double gain = kDefaultGain;
  std::uint64_t seed = 0;
  Backend backend = Backend::kDefault;
  int threads = 1;
  ScoringSpec scoring = {};
};

/// Holds references: learner and reference must outlive the scorer. `Rule` says how scores become
/// picks (scorers/rules.hpp).
template <class Model, class Reference, class Rule = ByLosses>
class JointExampleScorer {
 public:
  template <class Objective>
  JointExampleScorer(Learner<Model, Objective>& learner, Reference& reference, ScorerSpec spec,
                     Rule rule = {})
      : model_(learner.model()), reference_(reference), spec_(spec), rule_(rule) {
    check_weights(spec_.score);
    if (spec_.count < 1) refuse("joint example scorer", "a count of at least 1", spec_.count);
    chunk_count(selection_spec({}, 0));
  }

  std::int64_t count() const { return spec_.count; }
  std::uint64_t seed() const { return spec_.seed; }
  static constexpr bool kScores = true;

  /// Positions in `super_batch`. Deterministic in (parameters, ids, seed, step). Statistics carry
  /// the milliseconds of both scoring passes and how many candidates each model was run on.
  template <Batch B>
  Selection select(const B& super_batch, std::uint32_t step) {
    double learner_seconds = 0;
    double reference_seconds = 0;
    const auto ids = super_batch.ids();
    const ScoreWeights weights = spec_.score.with_interaction(spec_.interaction.at(step));
    SelectionSpec spec = selection_spec(ids, step);
    // Without pair terms N rounds and one draw have the same law; one round needs 1/N of the noise.
    if (weights.interaction == 0 && spec.preset == Preset::kJoint) spec.chunks = 1;
    Selection selection = [&] {
      if constexpr (EmbedsPairs<Model, B>) {
        Embeddings learner, reference;
        if (weights.learner != 0) {
          learner = timed(learner_seconds, [&] { return learner_embeddings(super_batch); });
        }
        if (weights.reference != 0) {
          reference =
              timed(reference_seconds, [&] { return reference_embeddings(super_batch, learner); });
        }
        return rule_(learner, reference, spec, PairScore{weights, spec_.contrast});
      } else {
        LossTensors losses;
        if (weights.learner != 0) {
          losses.learner = timed(learner_seconds, [&] { return learner_losses(super_batch); });
        }
        if (weights.reference != 0) {
          losses.reference =
              timed(reference_seconds, [&] { return reference_losses(super_batch); });
        }
        return rule_(losses, spec, PairScore{weights, spec_.contrast});
      }
    }();
    const auto candidates = static_cast<std::int64_t>(ids.size());
    const bool runs_reference = weights.reference != 0 && Reference::kRunsForward;
    selection.statistics.learner_scored = weights.learner != 0 ? candidates : 0;
    selection.statistics.reference_scored = runs_reference ? candidates : 0;
    selection.statistics.learner_scoring_ms = 1e3 * learner_seconds;
    selection.statistics.reference_scoring_ms = 1e3 * reference_seconds;
    return selection;
  }

  /// Something the user should know about this combination, or nothing. Logged once by Trainer.
  template <Batch B>
  std::string_view remark() const {
    const bool joint = spec_.preset == Preset::kJoint && spec_.count > 1;
    return !EmbedsPairs<Model, B> && joint ? kSeparableRemark : "";
  }

 private:
  template <Batch B>
  Embeddings learner_embeddings(const B& batch) {
    Embeddings embeddings = score_embeddings(model_, batch, spec_.scoring);
    detail::wait_for(embeddings.x);
    return embeddings;
  }

  template <Batch B>
  Embeddings reference_embeddings(const B& batch, const Embeddings& learner) {
    Embeddings embeddings = reference_.embeddings(batch);
    if (learner.x.defined()) embeddings = to_device(embeddings, learner.x.device());
    detail::wait_for(embeddings.x);
    return embeddings;
  }

  template <Batch B>
  at::Tensor learner_losses(const B& batch) {
    at::Tensor losses = score_losses(model_, batch, spec_.scoring);
    detail::wait_for(losses);
    return losses;
  }

  template <Batch B>
  at::Tensor reference_losses(const B& batch) {
    at::Tensor losses = reference_.losses(batch);
    detail::wait_for(losses);
    return losses;
  }

  SelectionSpec selection_spec(std::span<const std::int64_t> ids, std::uint32_t step) const {
    return {.count = spec_.count,
            .preset = spec_.preset,
            .chunks = spec_.chunks,
            .gain = spec_.gain,
            .seed = spec_.seed,
            .step = step,
            .ids = ids,
            .backend = spec_.backend,
            .threads = spec_.threads};
  }

  Model& model_;
  Reference& reference_;
  ScorerSpec spec_;
  Rule rule_;
};

}  // namespace jest
