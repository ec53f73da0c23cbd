#pragma once
// What a learner is trained by: a function of (model, batch) that gives a differentiable 0-d loss.
//
//   jest::Learner learner{model, optimizer};                                       OwnLoss
//   jest::Learner learner{model, optimizer, jest::Distilled{teacher}};
//   jest::Learner learner{model, optimizer, jest::ReferenceWeighted{reference}};
//   jest::Learner learner{model, optimizer, jest::LearnableTokens{reference, 0.6}};
//
// Yours may be any callable, a lambda too. References must outlive the learner.

#include <ATen/core/Tensor.h>

#include "jest/core/error.hpp"
#include "jest/learner/concepts.hpp"
#include "jest/learner/reference_model.hpp"
#include "jest/torch/losses.hpp"

namespace jest {

namespace detail {

/// What a reference says of a batch, beside what the model says of it: of all ranks' examples where
/// the model answers for those (OverRanks).
template <class Model, class Answer>
Answer of_all(Model& model, Answer answer) {
  if constexpr (requires { model.of_all_ranks(answer); }) {
    return model.of_all_ranks(answer);
  } else {
    return answer;
  }
}

/// Of examples that all ranks have, those that this rank asks the model about; all of them where
/// there are no others.
template <class Model, Batch B>
B own_part(Model& model, const B& batch) {
  if constexpr (requires { model.own_part(batch); }) {
    return model.own_part(batch);
  } else {
    return batch;
  }
}

}  // namespace detail

/// `model->loss(batch)` where the model has one, else the contrastive loss of
/// `model->embed(batch)`, else the mean of `model->losses(batch)`.
struct OwnLoss {
  constexpr OwnLoss(Contrast of_pairs = Contrast::kSigmoid)  // NOLINT: converts
      : contrast(of_pairs) {}

  template <class Model, Batch B>
  at::Tensor operator()(Model& model, const B& batch) const {
    if constexpr (GivesTrainingLoss<Model, B>) {
      return model->loss(batch);
    } else if constexpr (requires { model.part_of_contrastive_loss(batch, contrast); }) {
      return model.part_of_contrastive_loss(batch, contrast);  // of several ranks
    } else if constexpr (EmbedsPairs<Model, B>) {
      return contrastive_loss(model->embed(batch), contrast);
    } else {
      static_assert(GivesLosses<Model, B>,
                    "jest::Learner: the model needs `model->loss(batch)` (a 0-d tensor), "
                    "`model->embed(batch)` (jest::Embeddings) or `model->losses(batch)` (one loss "
                    "an example)");
      return model->losses(batch).mean();
    }
  }

  Contrast contrast;
};

/// The contrastive loss, and weight times what separates the learner's matching of the batch from
/// the teacher's: distilled_loss. The teacher is any reference that embeds.
template <class Reference>
class Distilled {
 public:
  explicit Distilled(Reference& teacher, const Distillation& how = {})
      : teacher_(teacher), how_(how) {
    if (!(how.weight > 0)) refuse("distilled", "a weight above 0", how.weight);
  }

  template <class Model, Batch B>
  requires EmbedsPairs<Model, B> && ReferenceEmbeds<Reference, B> at::Tensor operator()(
      Model& model, const B& batch) const {
    return distilled_loss(model->embed(batch), detail::of_all(model, teacher_.embeddings(batch)),
                          how_);
  }

 private:
  Reference& teacher_;
  Distillation how_;
};

/// Nothing is left out; what the learner loses more than the reference counts more:
/// reference_weighted_loss, a high temperature being the plain mean. Per-example losses are the
/// model's `losses`, or every pair's share of the contrastive loss.
template <class Reference>
class ReferenceWeighted {
 public:
  explicit ReferenceWeighted(Reference& reference, double temperature = 1,
                             Contrast contrast = Contrast::kSigmoid)
      : reference_(reference), temperature_(temperature), contrast_(contrast) {
    if (!(temperature > 0)) refuse("reference weighted", "a temperature above 0", temperature);
  }

  template <class Model, Batch B>
  at::Tensor operator()(Model& model, const B& batch) const {
    if constexpr (EmbedsPairs<Model, B>) {
      const Embeddings known = detail::of_all(model, reference_.embeddings(batch));
      const at::Tensor reference = contrastive_losses(known, contrast_);
      const at::Tensor losses = contrastive_losses(model->embed(batch), contrast_);
      return reference_weighted_loss(losses, reference, temperature_);
    } else {
      return reference_weighted_loss(model->losses(batch),
                                     detail::of_all(model, reference_.losses(batch)), temperature_);
    }
  }

 private:
  Reference& reference_;
  double temperature_;
  Contrast contrast_;
};

/// Of every batch of sequences, only the tokens that are most learnable are trained on:
/// learnable_token_loss. The reference is run on the batch.
template <class Reference>
class LearnableTokens {
 public:
  explicit LearnableTokens(Reference& reference, double share = 0.6)
      : reference_(reference), share_(share) {
    if (!(share > 0 && share <= 1)) refuse("learnable tokens", "a share above 0, at most 1", share);
  }

  template <class Model, Batch B>
  requires GivesTokenLosses<Model, B> at::Tensor operator()(Model& model, const B& batch) const {
    return learnable_token_loss(model->token_losses(batch),
                                detail::of_all(model, reference_.token_losses(batch)), share_);
  }

 private:
  Reference& reference_;
  double share_;
};

}  // namespace jest
