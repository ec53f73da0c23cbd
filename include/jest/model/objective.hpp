#pragma once
// What a learner is trained by: a function of (model, batch) that gives a differentiable 0-d loss.
//
//   jest::Learner learner{model, optimizer};                                       OwnLoss
//   jest::Learner learner{model, optimizer, jest::Distilled{teacher}};
//   jest::Learner learner{model, optimizer, jest::ReferenceWeighted{reference}};
//
// Yours may be any callable, a lambda too. References must outlive the learner.

#include <ATen/core/Tensor.h>

#include <cmath>

#include "jest/core/error.hpp"
#include "jest/model/concepts.hpp"
#include "jest/model/reference_model.hpp"
#include "jest/torch/losses.hpp"

namespace jest {

/// `model->loss(batch)` where the model has one, else the contrastive loss of
/// `model->embed(batch)`, else the mean of `model->losses(batch)`.
struct OwnLoss {
  OwnLoss(Contrast of_pairs = Contrast::kSigmoid) : contrast(of_pairs) {}  // NOLINT: converts

  template <class Model, Batch B>
  at::Tensor operator()(Model& model, const B& batch) const {
    if constexpr (GivesTrainingLoss<Model, B>) {
      return model->loss(batch);
    } else if constexpr (EmbedsPairs<Model, B>) {
      return contrastive_loss(model->embed(batch), contrast);
    } else {
      static_assert(GivesLosses<Model, B>, "a learner needs loss, embed or losses of this batch");
      return model->losses(batch).mean();
    }
  }

  Contrast contrast;
};

/// The contrastive loss, and weight times what separates the learner's matching of the batch from
/// the teacher's. The teacher is any reference that embeds. Source: ACED, arXiv 2411.18674.
template <class Reference>
class Distilled {
 public:
  explicit Distilled(Reference& teacher, double weight = 1, Contrast contrast = Contrast::kSigmoid)
      : teacher_(teacher), weight_(weight), contrast_(contrast) {
    if (!(weight > 0)) refuse("distilled", "a weight above 0", weight);
  }

  template <class Model, Batch B>
  requires EmbedsPairs<Model, B> && ReferenceEmbeds<Reference, B> at::Tensor operator()(
      Model& model, const B& batch) const {
    const Embeddings embeddings = model->embed(batch);
    return contrastive_loss(embeddings, contrast_) +
           weight_ * distillation_loss(embeddings, teacher_.embeddings(batch));
  }

 private:
  Reference& teacher_;
  double weight_;
  Contrast contrast_;
};

/// τ·log mean exp((ℓ_i − r_i)/τ) over the batch, ℓ the learner's losses and r the reference's: its
/// gradient weighs examples by softmax((ℓ − r)/τ), so that what is learnable counts more and
/// nothing is left out. τ → ∞ is the plain mean. Per-example losses are `losses`, or every pair's
/// share of the contrastive loss. Source: DRRho, Wei et al., arXiv 2505.06699.
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
    const at::Tensor excess = excess_losses(model, batch) / temperature_;
    return temperature_ * (excess.logsumexp(0) - std::log(static_cast<double>(excess.numel())));
  }

 private:
  template <class Model, Batch B>
  at::Tensor excess_losses(Model& model, const B& batch) const {
    if constexpr (EmbedsPairs<Model, B>) {
      const Embeddings reference = reference_.embeddings(batch);
      return contrastive_losses(model->embed(batch), contrast_) -
             contrastive_losses(reference, contrast_);
    } else {
      return model->losses(batch) - reference_.losses(batch);
    }
  }

  Reference& reference_;
  double temperature_;
  Contrast contrast_;
};

}  // namespace jest
