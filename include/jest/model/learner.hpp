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
/// `precision` is that of the forward pass; a contrastive loss is computed in float32 at least.
/// Checkpoints know the state of Adam, AdamW and SGD, on any device.
template <class Model>
class Learner {
 public:
  Learner(Model model, torch::optim::Optimizer& optimizer, Contrast contrast = Contrast::kSigmoid,
          Precision precision = Precision::kAmbient)
      : model_(std::move(model)),
        optimizer_(&optimizer),
        contrast_(contrast),
        precision_(precision) {}

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
      return forward([&] { return model_->loss(batch); });
    } else if constexpr (EmbedsPairs<Model, B>) {
      return contrastive_loss(forward([&] { return model_->embed(batch); }), contrast_);
    } else {
      static_assert(GivesLosses<Model, B>, "a learner needs loss, embed or losses of this batch");
      return forward([&] { return model_->losses(batch); }).mean();
    }
  }

  void set_learning_rate(double value) { detail::set_learning_rate(*optimizer_, value); }
  NamedTensors state() { return detail::training_state(*model_, *optimizer_); }
  void load_state(const NamedTensors& state) {
    detail::load_training_state(*model_, *optimizer_, state);
  }

 private:
  template <class Run>
  auto forward(const Run& run) {
    const AutocastGuard guard(*model_, precision_);
    return run();
  }

  Model model_;
  torch::optim::Optimizer* optimizer_;
  Contrast contrast_;
  Precision precision_;
};

}  // namespace jest
