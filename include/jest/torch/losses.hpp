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

/// What n of a batch's b pairs add to its contrastive_loss: `mine` are those from `first` on of
/// `all`, and parts that are all pairs together sum to the loss. Their x meet all y and, under a
/// softmax, their y all x; a sigmoid needs no x of `all`. Under the scale and bias of `mine`. 0-d.
/// O(n·b·d).
JEST_EXPORT at::Tensor part_of_contrastive_loss(const Embeddings& mine, const Embeddings& all,
                                                std::int64_t first, Contrast contrast);

/// Every pair's share of contrastive_loss, whose mean they have: [n]. What x_i loses with
/// y_j belongs half to either pair. Differentiable. O(n²·d).
JEST_EXPORT at::Tensor contrastive_losses(const Embeddings& batch, Contrast contrast);

/// Own terms, what a pair loses by itself: softplus(−u_ii), or −t·(x_i·y_i) under a softmax. [n],
/// O(n·d). docs/method.md, "Criteria".
JEST_EXPORT at::Tensor own_losses(const Embeddings& batch, Contrast contrast);

/// How far a student's matching of a batch is from its teacher's: the mean of the cross-entropies
/// of softmax(t·x·yᵀ) over rows and over columns, the teacher's as targets. 0-d. No gradient flows
/// to the teacher. O(n²·d). Source: ACED, Udandarao et al., arXiv 2411.18674.
JEST_EXPORT at::Tensor distillation_loss(const Embeddings& student, const Embeddings& teacher);

/// contrastive_loss + weight·distillation_loss. 0-d.
struct Distillation {
  double weight = 1;
  Contrast contrast = Contrast::kSigmoid;
};
JEST_EXPORT at::Tensor distilled_loss(const Embeddings& student, const Embeddings& teacher,
                                      const Distillation& how);

/// τ·log mean exp((ℓ_i − r_i)/τ) of losses ℓ and reference losses r, [n] each: its gradient weighs
/// examples by softmax((ℓ − r)/τ). 0-d. No gradient flows to r.
/// Source: DRRho, Wei et al., arXiv 2505.06699.
JEST_EXPORT at::Tensor reference_weighted_loss(const at::Tensor& losses,
                                               const at::Tensor& reference_losses,
                                               double temperature);

/// Mean of the losses of those tokens whose loss exceeds the reference's most, a `share` of all
/// n·L, at least one: [n, L] each, 0-d. Where both losses are 0 there is no token: rows of
/// different lengths are padded so. No gradient flows to the reference's.
/// Source: Rho-1, Lin et al., arXiv 2404.07965.
JEST_EXPORT at::Tensor learnable_token_loss(const at::Tensor& losses,
                                            const at::Tensor& reference_losses, double share);

}  // namespace jest
