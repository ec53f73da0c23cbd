#pragma once
// The reference of an experiment: given, found finished, or trained from the curated pairs.

#include "jest/model/embedding_store.hpp"
#include "train/experiment_data.hpp"

namespace jest {

struct ReferenceRun {
  TextTowers model{nullptr};
  double forward_flops = 0;
  double flops = 0;    ///< of its training, 0 when unknown
  double seconds = 0;  ///< likewise
};

/// Trains by the same Trainer as every arm, in OUT/reference, and leaves OUT/reference.safetensors.
ReferenceRun prepare_reference(const PairsOptions& options, const ExperimentData& data);

/// OUT/reference_embeddings.safetensors of the whole pool, made unless it is there already.
EmbeddingStore prepare_store(const PairsOptions& options, const ExperimentData& data,
                             ReferenceRun& reference);

}  // namespace jest
