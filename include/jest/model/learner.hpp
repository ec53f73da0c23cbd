#pragma once
// The model that is trained, with its optimizer.

#include <ATen/core/Tensor.h>

#include <utility>

#include "jest/model/concepts.hpp"
#include "jest/model/scoring.hpp"
#include "jest/torch/arrays.hpp"
#include "jest/torch/losses.hpp"

namespace torch::nn {
class Module;
}
namespace torch::optim {
class Optimizer;
}

namespace jest {

namespace detail {

/// zero_grad, backward, step; returns the loss as a number.
JEST_EXPORT double optimizer_step(torch::optim::Optimizer& optimizer, const at::Tensor& loss);
JEST_EXPORT void set_learning_rate(torch::optim::Optimizer& optimizer, double learning_rate);

/// Parameters, buffers and optimizer state under stable names, and back, in place.
JEST_EXPORT NamedTensors training_state(torch::nn::Module& module,
                                        torch::optim::Optimizer& optimizer);
JEST_EXPORT void load_training_state(torch::nn::Module& module, torch::optim::Optimizer& optimizer,
                                     const NamedTensors& state);

}  // namespace detail

/// A model handle (ModuleHolder or shared_ptr) and its optimizer, which must outlive the learner.
///
/// The training loss of a batch is `model->loss(batch)` where the model has one, else the
/// contrastive loss of `model->embed(batch)`, else the mean of `model->losses(batch)`.
/// Checkpoints know the state of Adam, AdamW and SGD.
template <class Model>
class Learner {
 public:
  Learner(Model model, torch::optim::Optimizer& optimizer, Contrast contrast = Contrast::kSigmoid)
      : model_(std::move(model)), optimizer_(&optimizer), contrast_(contrast) {}

  Model& model() { return model_; }

  /// One optimizer step on `batch` in training mode; returns its loss.
  template <Batch B>
  double step(const B& batch) {
    model_->train();
    return detail::optimizer_step(*optimizer_, loss(batch));
  }

  /// The differentiable training loss of `batch`.
  template <Batch B>
  at::Tensor loss(const B& batch) {
    if constexpr (GivesTrainingLoss<Model, B>) {
      return model_->loss(batch);
    } else if constexpr (EmbedsPairs<Model, B>) {
      return contrastive_loss(model_->embed(batch), contrast_);
    } else {
      static_assert(GivesLosses<Model, B>, "a learner needs loss, embed or losses of this batch");
      return model_->losses(batch).mean();
    }
  }

  void set_learning_rate(double value) { detail::set_learning_rate(*optimizer_, value); }
  NamedTensors state() { return detail::training_state(*model_, *optimizer_); }
  void load_state(const NamedTensors& state) {
    detail::load_training_state(*model_, *optimizer_, state);
  }

 private:
  Model model_;
  torch::optim::Optimizer* optimizer_;
  Contrast contrast_;
};

}  // namespace jest
