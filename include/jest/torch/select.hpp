#pragma once
// jest::select on tensors.
//
//   auto picks = jest::select({learner_embeddings, reference_embeddings}, {.count = 128});
//   auto batch = x.index_select(0, jest::index_tensor(picks));
//
// Same contract as select/select.hpp; no gradient flows, inputs are not changed. Ids lie on any
// device, [B] int64; undefined, positions are ids.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "jest/core/score.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/select/selection.hpp"
#include "jest/torch/embeddings.hpp"

namespace jest {

/// How pairs are scored.
struct PairScore {
  ScoreWeights weights = kLearnability;
  Contrast contrast = Contrast::kSigmoid;
};

/// Embeddings [B, d] of both models, floating and on one device, and the candidates' ids; a model
/// whose weight is zero may be left empty.
struct PairTensors {
  Embeddings learner;
  Embeddings reference;
  at::Tensor ids = {};  ///< [B] int64, or undefined
};

/// Where the spec names other ranks, tensors are of the candidates here, and are selected from on
/// the host. On the CPU, float32 with contiguous rows is read in place. CUDA tensors stay where
/// they are, and the host waits once for the answer (torch/device_select.hpp does not); a backend
/// of the host, by name, copies them.
JEST_EXPORT Selection select(const PairTensors& pairs, const SelectionSpec& spec,
                             const PairScore& score = {});

/// Per-example losses [B] of both models (separable criterion). As embeddings, CUDA tensors stay
/// where they are, unless a backend of the host is named.
struct LossTensors {
  at::Tensor learner;
  at::Tensor reference;
  at::Tensor ids = {};  ///< [B] int64, or undefined
};
JEST_EXPORT Selection select(const LossTensors& losses, const SelectionSpec& spec,
                             const ScoreWeights& weights = kLearnability);

/// Gradient features of every candidate and where they should lead (criteria/linear_pairs.hpp).
/// Where the features are decides: on a CUDA device they stay there, and the others join them.
struct AlignmentTensors {
  at::Tensor features;    ///< h [B, D], for instance of a TensorSketch
  at::Tensor direction;   ///< v [D]: mean feature of a small curated batch
  at::Tensor added = {};  ///< [B] added to own terms, or undefined
  at::Tensor ids = {};    ///< [B] int64, or undefined
};

/// a_i = η·(h_i·v) + added_i, Q_ij = −½η²·(h_i·h_j).
struct AlignmentScore {
  double step_size = 1;  ///< η
};

/// Floating tensors; features and direction are read as float32, `added` as float64.
JEST_EXPORT Selection select(const AlignmentTensors& gradients, const SelectionSpec& spec,
                             const AlignmentScore& score = {});

/// What every candidate is worth by itself, and the embeddings whose likeness is redundancy.
struct DiversityTensors {
  at::Tensor embeddings;  ///< e [B, D], for instance x and y of a reference side by side
  at::Tensor importance;  ///< a [B]
  at::Tensor ids = {};    ///< [B] int64, or undefined
};

/// Q_ij = −λ·(e_i·e_j) (criteria/linear_pairs.hpp).
struct DiversityScore {
  double strength = 1;  ///< λ
};

/// Floating tensors; embeddings are read as float32, importance as float64.
JEST_EXPORT Selection select(const DiversityTensors& candidates, const SelectionSpec& spec,
                             const DiversityScore& score = {});

/// The picked positions as an int64 tensor [b], for index_select.
JEST_EXPORT at::Tensor index_tensor(const Selection& selection);

/// Ids as an int64 tensor [B] over the same memory, which must outlive it and is not written;
/// undefined where there are none.
JEST_EXPORT at::Tensor id_tensor(std::span<const std::int64_t> ids);

}  // namespace jest
