#pragma once
// Picks the sub-batch that represents a super-batch's mean gradient, jointly and without a
// reference model: for models with gradient features.
//
//   jest::RepresentativeScorer scorer{learner, {.count = 32, .sampling = {.chunks = 32, .gain =
//   1}}};
//
// criteria/orthogonal.hpp has the formula and its source (DivBS, Hong et al., ICML 2024).

#include <algorithm>
#include <cstdint>
#include <span>

#include "jest/learner/learner.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/scorer.hpp"

namespace jest {

namespace detail {

/// Selection by orthogonalised representativeness of features [B, D], on the host.
JEST_EXPORT Selection select_representatives(const at::Tensor& features,
                                             std::span<const std::int64_t> ids,
                                             const SelectionSpec& spec);

}  // namespace detail

/// Holds a reference: the learner must outlive the scorer. Of the spec, weights and contrast have
/// no meaning here.
template <class Model>
class RepresentativeScorer {
 public:
  template <class Objective>
  RepresentativeScorer(Learner<Model, Objective>& learner, const ScorerSpec& spec)
      : model_(learner.model()), spec_(spec) {
    spec_.picks().check("representative scorer");
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
    const at::Tensor features = detail::timed_ms(how.learner_ms, [&] {
      const auto scored = score_losses_and_features(model_, super_batch, spec_.scoring);
      detail::wait_for(scored.features);
      return scored.features;
    });
    return {detail::select_representatives(features, ids, selection_spec(candidates, step)), how};
  }

 private:
  /// More chunks than picks are as many as picks.
  SelectionSpec selection_spec(std::int64_t candidates, std::int64_t step) const {
    SelectionSpec spec{
        .count = count(candidates), .sampling = spec_.sampling, .seed = spec_.seed, .step = step};
    auto& chunks = spec.sampling.chunks;
    if (chunks) chunks = std::min(*chunks, spec.count);
    return spec;
  }

  Model& model_;
  ScorerSpec spec_;
};

}  // namespace jest
