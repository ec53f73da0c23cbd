#pragma once
// The frozen model that says what is learnable, from one of three sources.
//
//   jest::ReferenceModel reference{guide};                      a live module handle
//   jest::ReferenceModel reference{EmbeddingStore{path, fp}};   embeddings by id
//   jest::ReferenceModel reference{LossStore{ids, losses}};     losses by id
//
// `embeddings(batch)` or `losses(batch)` exist where the source can give them.

#include <utility>

#include "jest/learner/concepts.hpp"
#include "jest/learner/scoring.hpp"
#include "jest/learner/stores.hpp"

namespace jest {

/// A live module: run on every super-batch, outside autograd.
template <class Model>
class ReferenceModel {
 public:
  explicit ReferenceModel(Model model, ScoringSpec scoring = {})
      : model_(std::move(model)), scoring_(scoring) {}

  static constexpr bool kRunsForward = true;

  template <Batch B>
  requires EmbedsPairs<Model, B> Embeddings embeddings(const B& batch) {
    return score_embeddings(model_, batch, scoring_, "reference");
  }

  template <Batch B>
  requires GivesLosses<Model, B> at::Tensor losses(const B& batch) {
    return score_losses(model_, batch, scoring_, "reference");
  }

  template <Batch B>
  requires GivesTokenLosses<Model, B> at::Tensor token_losses(const B& batch) {
    return score_token_losses(model_, batch, scoring_);
  }

  Model& model() { return model_; }

 private:
  Model model_;
  ScoringSpec scoring_;
};

template <>
class ReferenceModel<EmbeddingStore> {
 public:
  explicit ReferenceModel(EmbeddingStore store) : store_(std::move(store)) {}

  static constexpr bool kRunsForward = false;

  template <Batch B>
  Embeddings embeddings(const B& batch) const {
    return store_.gather(batch.ids());
  }

 private:
  EmbeddingStore store_;
};

template <>
class ReferenceModel<LossStore> {
 public:
  explicit ReferenceModel(LossStore store) : store_(std::move(store)) {}

  static constexpr bool kRunsForward = false;

  template <Batch B>
  at::Tensor losses(const B& batch) const {
    return store_.gather(batch.ids());
  }

 private:
  LossStore store_;
};

template <class Model>
ReferenceModel(Model) -> ReferenceModel<Model>;

/// Stands where a scorer that never asks its reference wants one; throws when it does ask.
struct NoReference {
  static constexpr bool kRunsForward = false;

  template <Batch B>
  Embeddings embeddings(const B&) const {
    refuse("reference", "one, as it has a weight", "none");
  }
  template <Batch B>
  at::Tensor losses(const B&) const {
    refuse("reference", "one, as it has a weight", "none");
  }
};

}  // namespace jest
