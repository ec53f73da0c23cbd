#pragma once
// Differentiable batch losses of two-tower models, the ones the contrastive criteria score. Inputs
// of 16 bits are widened to float32.

#include <ATen/core/Tensor.h>

#include "jest/torch/embeddings.hpp"
#include "jest/torch/select.hpp"

namespace jest {

/// SigLIP's loss of a batch of n pairs: (1/n) Σ_ij softplus(∓u_ij), − on the diagonal. 0-d.
/// Source: Zhai et al. 2023, algorithm 1. O(n²·d).
JEST_EXPORT at::Tensor sigmoid_loss(const Embeddings& batch);

/// sigmoid_loss of n pairs with m more examples of which no side matches any of theirs:
/// + (1/n) Σ softplus(u) over x of the batch with y of `others`, and over x of `others` with y of
/// the batch. Both under the batch's scale and bias. 0-d. O(n·(n + m)·d).
JEST_EXPORT at::Tensor sigmoid_loss(const Embeddings& batch, const Embeddings& others);

/// CLIP's loss: mean of the two cross-entropies over rows and columns of u = t·x·yᵀ. 0-d.
/// Source: Radford et al. 2021. O(n²·d).
JEST_EXPORT at::Tensor softmax_loss(const Embeddings& batch);

inline at::Tensor contrastive_loss(const Embeddings& batch, Contrast contrast) {
  return contrast == Contrast::kSigmoid ? sigmoid_loss(batch) : softmax_loss(batch);
}

}  // namespace jest
