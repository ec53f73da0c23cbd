#pragma once
// What one would write otherwise, on LibTorch's operators. Each picks `count` of B in `chunks`
// rounds by Gumbel top-c of gain·score, as ours does; noise comes from LibTorch's generator. They
// run where the super-batch lies.

#include "super_batch.hpp"

namespace jest::bench {

/// The published listing, literally: one B×B matrix of scores from two of losses, masked and summed
/// twice a round. Source: Evans et al., arXiv 2406.17711, listing in the appendix.
at::Tensor literal_sigmoid(const SuperBatch& batch);

/// Only columns of new picks, running sums, no candidate ever left out; `type` of the operands.
at::Tensor incremental_sigmoid(const SuperBatch& batch, at::ScalarType type);

/// The same in tiles of rows whose logits stay in the cache.
at::Tensor tiled_sigmoid(const SuperBatch& batch, at::ScalarType type);

/// Softmax criterion: only columns of new picks, running log-sum-exps.
at::Tensor incremental_softmax(const SuperBatch& batch);

/// Softmax criterion with every logit of every model computed anew each round.
at::Tensor recomputed_softmax(const SuperBatch& batch);

/// Independent selection: one noisy top-b of the own terms.
at::Tensor independent_topk(const SuperBatch& batch);

/// Sum of the sigmoid losses of b picks against all candidates, in chunks of rows: the bare scoring
/// of as many pairs, without selecting anything.
at::Tensor chunked_sigmoid_loss(const SuperBatch& batch);

}  // namespace jest::bench
