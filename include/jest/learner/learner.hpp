#pragma once
// The model that is trained, with its optimizer.

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

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

/// Learning rates of the optimizer's parameter groups, as multiples of the first group's.
JEST_EXPORT std::vector<double> relative_rates(torch::optim::Optimizer& optimizer);
/// Sets each group's rate to `learning_rate` times its multiple.
JEST_EXPORT void set_learning_rate(torch::optim::Optimizer& optimizer,
                                   const std::vector<double>& relative, double learning_rate);

/// Parameters (the model's, and others that the optimizer moves), buffers and optimizer state under
/// stable names, and back, in place. Throws where the optimizer is none of Adam, AdamW and SGD.
JEST_EXPORT NamedTensors training_state(torch::nn::Module& module,
                                        torch::optim::Optimizer& optimizer);
JEST_EXPORT void load_training_state(torch::nn::Module& module, torch::optim::Optimizer& optimizer,
                                     const NamedTensors& state);

}  // namespace detail

/// A model handle (ModuleHolder, shared_ptr, or a pointer to a module that outlives the learner)
/// and its optimizer, which must outlive the learner; `Objective` says what it is trained by
/// (learner/objective.hpp), OwnLoss unless given. `precision` is that of the forward pass;
/// contrastive losses are computed in float32 at least. Checkpoints know the state of Adam, AdamW
/// and SGD, on any device.
template <class Model, class Objective = OwnLoss>
class Learner {
 public:
  Learner(Model model, torch::optim::Optimizer& optimizer, Objective objective = {},
          Precision precision = Precision::kAmbient)
      : model_(std::move(model)),
        optimizer_(&optimizer),
        objective_(std::move(objective)),
        precision_(precision),
        relative_rates_(detail::relative_rates(optimizer)) {
    static_assert(
        requires(Model & handle) { handle->is_training(); },
        "jest::Learner: give a handle to the module: a ModuleHolder, a shared_ptr or a "
        "pointer (model->...), not the module by value");
  }

  Model& model() { return model_; }
  const Objective& objective() const { return objective_; }

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

  /// The rate of the optimizer's first parameter group. Other groups keep the ratio to it that they
  /// had when this learner was made.
  void set_learning_rate(double value) {
    detail::set_learning_rate(*optimizer_, relative_rates_, value);
  }
  NamedTensors state() { return detail::training_state(*model_, *optimizer_); }
  void load_state(const NamedTensors& state) {
    detail::load_training_state(*model_, *optimizer_, state);
  }

 private:
  Model model_;
  torch::optim::Optimizer* optimizer_;
  Objective objective_;
  Precision precision_;
  std::vector<double> relative_rates_;
};

template <class Model>
Learner(Model, torch::optim::Optimizer&, Contrast) -> Learner<Model>;
template <class Model>
Learner(Model, torch::optim::Optimizer&, Contrast, Precision) -> Learner<Model>;

}  // namespace jest
