#pragma once
// Picks by the learner's gradient features alone, without a reference model.
//
//   jest::FeatureScorer scorer{learner, {.count = 32, .sampling = {.chunks = 32, .gain = 1}},
//                              jest::ByRepresentatives{}};
//
// A rule for FeatureTensors (scorers/rules.hpp) says how features become picks.

#include <cstdint>
#include <span>

#include "jest/learner/learner.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/scorer.hpp"

namespace jest {

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
    const std::span<const std::int64_t> ids = super_batch.ids();
    const auto candidates = static_cast<std::int64_t>(ids.size());
    if (auto few = detail::of_too_few(spec_.picks(), candidates)) return *few;
    ScoringStatistics how{.learner_scored = candidates};
    const LossesAndFeatures scored = detail::timed_ms(how.learner_ms, [&] {
      auto result = score_losses_and_features(model_, super_batch, spec_.scoring, "learner");
      detail::wait_for(result.features);
      return result;
    });
    const FeatureTensors known{scored.losses, scored.features, id_tensor(ids)};
    return {rule_(known, spec_.selection(candidates, step), {}), how};
  }

 private:
  Model& model_;
  ScorerSpec spec_;
  R rule_;
};

}  // namespace jest
