// What AlignedScorer checks and adds up, compiled once.

#include "jest/scorers/aligned_scorer.hpp"

#include <torch/torch.h>

#include <cmath>

namespace jest {

void check_aligned_scorer(const AlignedScorerSpec& spec) {
  spec.picks().check("aligned scorer");
  if (spec.count > 0) chunk_count({.count = spec.count, .sampling = spec.sampling});
  if (!std::isfinite(spec.step_size) || spec.step_size <= 0) {
    refuse("aligned scorer", "a finite step size > 0", spec.step_size);
  }
  if (!std::isfinite(spec.learnability_weight)) {
    refuse("aligned scorer", "a finite learnability weight", spec.learnability_weight);
  }
  if (spec.learnability_weight != 0) check_weights(spec.learnability);
}

at::Tensor detail::added_learnability(const LossTensors& losses, const AlignedScorerSpec& spec) {
  if (spec.learnability_weight == 0) return {};
  const ScoreWeights& weights = spec.learnability;
  at::Tensor sum =
      torch::zeros(losses.learner.sizes(), losses.learner.options().dtype(at::kDouble));
  if (weights.learner != 0) sum.add_(losses.learner.to(at::kDouble), weights.learner);
  if (weights.reference != 0 && losses.reference.sizes() != losses.learner.sizes()) {
    refuse("aligned scorer", text("reference losses ", losses.learner.sizes()),
           losses.reference.sizes());
  }
  // Those of a store are on the host, those of a model where it is.
  if (weights.reference != 0) {
    sum.sub_(losses.reference.to(sum.device(), at::kDouble), weights.reference);
  }
  return sum.mul_(spec.learnability_weight);
}

}  // namespace jest
