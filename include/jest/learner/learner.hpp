#pragma once
// The model that is trained, with its optimizer.

#include <ATen/core/Tensor.h>

#include <utility>

#include "jest/learner/objective.hpp"
#include "jest/learner/scoring.hpp"
#include "jest/torch/arrays.hpp"

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

/// Parameters (the model's, and others that the optimizer moves), buffers and optimizer state under
/// stable names, and back, in place. Throws where the optimizer is none of Adam, AdamW and SGD.
JEST_EXPORT NamedTensors training_state(torch::nn::Module& module,
                                        torch::optim::Optimizer& optimizer);
JEST_EXPORT void load_training_state(torch::nn::Module& module, torch::optim::Optimizer& optimizer,
                                     const NamedTensors& state);

}  // namespace detail

/// A model handle (ModuleHolder or shared_ptr) and its optimizer, which must outlive the learner;
/// `Objective` says what it is trained by (learner/objective.hpp), OwnLoss unless given. `precision`
/// is that of the forward pass; contrastive losses are computed in float32 at least. Checkpoints
/// know the state of Adam, AdamW and SGD, on any device.
template <class Model, class Objective = OwnLoss>
class Learner {
 public:
  Learner(Model model, torch::optim::Optimizer& optimizer, Objective objective = {},
          Precision precision = Precision::kAmbient)
      : model_(std::move(model)),
        optimizer_(&optimizer),
        objective_(std::move(objective)),
        precision_(precision) {}

  Model& model() { return model_; }

  /// One optimizer step on `batch` in training mode; returns its loss. Parts that are frozen in
  /// evaluation mode, within a model that is in training mode, stay so.
  template <Batch B>
  double step(const B& batch) {
    if (!model_->is_training()) model_->train();
    return detail::optimizer_step(*optimizer_, loss(batch));
  }

  /// The differentiable training loss of `batch`.
  template <Batch B>
  at::Tensor loss(const B& batch) {
    const AutocastGuard guard(*model_, precision_);
    return objective_(model_, batch);
  }

  void set_learning_rate(double value) { detail::set_learning_rate(*optimizer_, value); }
  NamedTensors state() { return detail::training_state(*model_, *optimizer_); }
  void load_state(const NamedTensors& state) {
    detail::load_training_state(*model_, *optimizer_, state);
  }

 private:
  Model model_;
  torch::optim::Optimizer* optimizer_;
  Objective objective_;
  Precision precision_;
};

template <class Model>
Learner(Model, torch::optim::Optimizer&, Contrast) -> Learner<Model>;
template <class Model>
Learner(Model, torch::optim::Optimizer&, Contrast, Precision) -> Learner<Model>;

}  // namespace jest
