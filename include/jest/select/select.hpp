#pragma once
// jest::select, the whole of selection without LibTorch: a criterion over your own memory and a
// spec go in, positions and a few statistics come out.
//
//   jest::SigmoidPairs pairs{{.learner = {x, y, t, beta}, .reference = {...}}};
//   jest::Selection picks = jest::select(pairs, {.count = 128, .seed = 7, .step = step});
//
// Contract: exactly `count` distinct positions in draw order; the same for any thread count; a
// pure function of its arguments. Where the spec names other ranks (`shard`, `exchange`),
// candidates and ids are those of one rank's part of the super-batch and every rank gets all picks,
// with the bits of one process: by backends of the host, in 2N exchanges (select/sampler.hpp says
// of what). Time O(d·b·B) for contrastive criteria and O(N·d·B) for linear ones; memory O(B) beside
// the inputs, never B×B. Throws jest::Error when the arguments are impossible; but for ids that are
// not distinct, before any work. Sources: see criteria/ and select/sampler.hpp.

#include <cstdint>
#include <span>

#include "jest/core/error.hpp"
#include "jest/criteria/conditional_scores.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/criteria/linear_pairs.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/select/sampler.hpp"
#include "jest/select/selection.hpp"

namespace jest {

/// By the backend that the spec names; by default the cpu backend where this machine has vectors,
/// the plain one elsewhere.
JEST_EXPORT Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec);
JEST_EXPORT Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec);

/// In double precision; by the CUDA backend where the spec names it.
JEST_EXPORT Selection select(const GradientAlignment& criterion, const SelectionSpec& spec);
JEST_EXPORT Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec);
JEST_EXPORT Selection select(const Losses& losses, const SelectionSpec& spec,
                             const ScoreWeights& weights = kLearnability);

/// Any state that offers `scores()` and `condition_on(picks)`: the separable criterion's, yours.
/// `ids` [B] are distinct and ≥ 0; when empty, positions are ids.
template <ConditionalScores State>
Selection select(State& state, const SelectionSpec& spec, std::span<const std::int64_t> ids = {}) {
  return sample(state, spec, ids);
}

}  // namespace jest
