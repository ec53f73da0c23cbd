#pragma once
// What a batch is about to teach: how large its gradient is and where it points.

#include "jest/learner/objective.hpp"
#include "jest/learner/scoring.hpp"
#include "jest/train/metrics.hpp"

namespace jest::apps::train {

/// The gradient of `loss` by the weights of a model, one after the other: [weights]. Zeros where a
/// weight has no part in it. Parameters of one element, a logit scale and bias, are left out: every
/// batch moves them alike, and they would outweigh all others.
at::Tensor flat_gradient(const torch::nn::Module& model, const at::Tensor& loss);

/// Cosine of the angle between two vectors; 0 where one of them is zero.
double cosine_between(const at::Tensor& one, const at::Tensor& other);

/// Of the learner's own loss, nothing trained and nothing drawn:
/// - gradient_norm: Euclidean, of the loss of `batch`;
/// - gradient_cosine: with the gradient of the loss of `curated`;
/// - negatives_share, for pairs: what pairs of two examples make up of the loss of `batch`.
/// Two training passes without the optimizer.
template <class Model, Batch B>
Values batch_gradients(Model& model, const B& batch, const B& curated) {
  const ModeGuard guard(model, ScoringMode::kEval);
  const auto gradient_of = [&](const B& examples) {
    return flat_gradient(*model, OwnLoss()(model, examples));
  };
  const at::Tensor gradient = gradient_of(batch);
  Values values{{"gradient_norm", gradient.norm().template item<double>()},
                {"gradient_cosine", cosine_between(gradient, gradient_of(curated))}};
  if constexpr (EmbedsPairs<Model, B>) {
    const at::NoGradGuard no_gradient;
    const Embeddings embeddings = model->embed(batch);
    const double own = own_losses(embeddings, Contrast::kSigmoid).mean().template item<double>();
    const double all = sigmoid_loss(embeddings).template item<double>();
    values["negatives_share"] = all > 0 ? 1 - own / all : 0;
  }
  return values;
}

}  // namespace jest::apps::train
