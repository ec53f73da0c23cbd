#pragma once
// jest::select, the whole of selection without LibTorch: a criterion over your own memory and a
// spec go in, positions and a few statistics come out.
//
//   jest::SigmoidPairs pairs{{.learner = {x, y, t, beta}, .reference = {...}}};
//   jest::Selection picks = jest::select(pairs, {.count = 128, .seed = 7, .step = step});
//
// Contract: exactly `count` distinct positions in draw order; the same for any thread count; a
// pure function of its arguments. Time O(d·b·B) for contrastive criteria and O(N·d·B) for linear
// ones; memory O(B) beside the inputs, never B×B. Throws jest::Error when the arguments are
// impossible; but for ids that are not distinct, before any work. Sources: see criteria/ and
// select/sampler.hpp.

#include <cstdint>
#include <span>

#include "jest/core/error.hpp"
#include "jest/criteria/conditional_scores.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/criteria/linear_pairs.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/select/exchange.hpp"
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

/// The same where the candidates of a criterion, and their ids, are those of one rank's part of a
/// super-batch; every rank gets all picks (`sample` of select/sampler.hpp says which bits, what it
/// costs and what it throws). A criterion's widths are those of all ranks even where it has no
/// candidates. By a backend of the host; the plain one's scores have one process's bits where
/// shards begin at multiples of kShardStep.
JEST_EXPORT Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec,
                             const Shard& shard, Exchange& exchange);
JEST_EXPORT Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec,
                             const Shard& shard, Exchange& exchange);
JEST_EXPORT Selection select(const GradientAlignment& criterion, const SelectionSpec& spec,
                             const Shard& shard, Exchange& exchange);
JEST_EXPORT Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec,
                             const Shard& shard, Exchange& exchange);
JEST_EXPORT Selection select(const Losses& losses, const SelectionSpec& spec, const Shard& shard,
                             Exchange& exchange, const ScoreWeights& weights = kLearnability);

/// Any state that offers `scores()` and `condition_on(picks)`: the separable criterion's, yours.
/// `ids` [B] are distinct and ≥ 0; when empty, positions are ids.
template <ConditionalScores State>
Selection select(State& state, const SelectionSpec& spec, std::span<const std::int64_t> ids = {}) {
  return sample(state, spec, ids);
}
template <ShardedScores State>
Selection select(State& state, const SelectionSpec& spec, std::span<const std::int64_t> ids,
                 const Shard& shard, Exchange& exchange) {
  return sample(state, spec, ids, shard, exchange);
}

}  // namespace jest
