#pragma once
// jest::select, the whole of selection without LibTorch: a criterion over your own memory and a
// spec go in, positions and a few statistics come out.
//
//   jest::SigmoidPairs pairs{{.learner = {x, y, t, beta}, .reference = {...}}};
//   jest::Selection picks = jest::select(pairs, {.count = 128, .seed = 7, .step = step});
//
// Contract: exactly `count` distinct positions in draw order; the same for any thread count; a
// pure function of its arguments. Time O(d·b·B) for contrastive criteria and O(N·d·B) for linear
// ones; memory O(B) beside the inputs, never B×B. Throws jest::Error before any work when the
// arguments are impossible. Sources: see criteria/ and select/sampler.hpp.

#include "jest/criteria/conditional_scores.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/criteria/linear_pairs.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/select/cuda.hpp"
#include "jest/select/eigen_contrastive.hpp"
#include "jest/select/sampler.hpp"

namespace jest {
namespace detail {

template <class Scores, class Pairs>
Selection select_pairs(const Pairs& pairs, const SelectionSpec& spec) {
  check_pairs("select", pairs);
  if (spec.backend == Backend::kCuda) return cuda::select(pairs, spec);
  const auto start = std::chrono::steady_clock::now();
  Scores scores(pairs, spec.threads);
  Selection selection = sample(scores, spec);
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  selection.statistics.backend = "eigen";
  selection.statistics.select_ms = elapsed.count();
  return selection;
}

}  // namespace detail

inline Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec) {
  return detail::select_pairs<eigen::SigmoidScores>(pairs, spec);
}

inline Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec) {
  return detail::select_pairs<eigen::SoftmaxScores>(pairs, spec);
}

inline Selection select(const GradientAlignment& criterion, const SelectionSpec& spec) {
  LinearPairScores scores = conditional_scores(criterion);
  return sample(scores, spec);
}

inline Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec) {
  LinearPairScores scores = conditional_scores(criterion);
  return sample(scores, spec);
}

/// Any state that offers `scores()` and `condition_on(picks)`: the separable criterion's, yours.
template <ConditionalScores State>
Selection select(State& state, const SelectionSpec& spec) {
  return sample(state, spec);
}

}  // namespace jest
