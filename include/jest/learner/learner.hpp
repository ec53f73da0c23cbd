#pragma once
// The model that is trained, with its optimizer.

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "jest/learner/forward_ahead.hpp"
#include "jest/learner/micro_batches.hpp"
#include "jest/learner/objective.hpp"
#include "jest/torch/arrays.hpp"
#include "jest/torch/world.hpp"

namespace torch::nn {
class Module;
}
namespace torch::optim {
class Optimizer;
}

namespace jest {

namespace detail {

/// Everything that the optimizer moves.
JEST_EXPORT std::vector<at::Tensor> parameters_of(torch::optim::Optimizer& optimizer);
JEST_EXPORT void clear_gradients(torch::optim::Optimizer& optimizer);
/// One step by the gradients there are, scaled down to `max_norm` where that is above 0.
JEST_EXPORT void step_by_gradients(torch::optim::Optimizer& optimizer, double max_norm);

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

/// How a step is taken. Weight decay and the like are the optimizer's, and its groups'.
struct StepSpec {
  /// Examples of one forward and backward pass; 0 is the whole batch at once. The gradient is that
  /// of the whole batch, contrastive ones too (learner/micro_batches.hpp), in the memory of a part.
  std::int64_t micro_batch = 0;
  /// Gradients are scaled down to this 2-norm over all that the optimizer moves; 0: never. Source:
  /// Pascanu, Mikolov and Bengio 2013.
  double max_norm = 0;
  /// Ranks that share a batch: each is given its own examples of it, at least one. The step is that
  /// of the whole batch: contrastive losses, O(b²/R) on each rank, and those that need a reference,
  /// O(b²), are of all ranks' examples together; a loss of the model's own is the mean over all
  /// examples of what each rank's model says of its own. Must outlive the learner.
  World* world = nullptr;
};

/// A model handle (ModuleHolder, shared_ptr, or a pointer to a module that outlives the learner)
/// and its optimizer, which must outlive the learner; `Objective` says what it is trained by
/// (learner/objective.hpp), OwnLoss unless given. `precision` is that of the forward pass;
/// contrastive losses are computed in float32 at least. Checkpoints know the state of Adam, AdamW
/// and SGD, on any device.
template <class Model, class Objective = OwnLoss>
class Learner {
 public:
  /// Throws where a micro-batch or a norm is negative.
  Learner(Model model, torch::optim::Optimizer& optimizer, Objective objective = {},
          Precision precision = Precision::kAmbient, const StepSpec& how = {})
      : model_(std::move(model)),
        optimizer_(&optimizer),
        objective_(std::move(objective)),
        precision_(precision),
        how_(how),
        relative_rates_(detail::relative_rates(optimizer)) {
    static_assert(
        requires(Model & handle) { handle->is_training(); },
        "jest::Learner: give a handle to the module: a ModuleHolder, a shared_ptr or a "
        "pointer (model->...), not the module by value");
    if (how.micro_batch < 0) refuse("learner", "a micro-batch of at least 0", how.micro_batch);
    if (!(how.max_norm >= 0)) refuse("learner", "a largest norm of at least 0", how.max_norm);
  }

  Model& model() { return model_; }
  const Objective& objective() const { return objective_; }
  Precision precision() const { return precision_; }

  /// One optimizer step on `batch` in training mode; returns its loss. Parts that are frozen in
  /// evaluation mode, within a model that is in training mode, stay so.
  template <Batch B>
  double step(const B& batch) {
    return step_by(model_, batch);
  }

  /// The same where forward passes of the first examples of `batch` have begun, by an objective
  /// that asks for embeddings of `batch` itself. Refused in micro-batches, for a loss that is the
  /// model's own, and for an objective for one type of model.
  template <Batch B>
  double step(const B& batch, ForwardAhead<Model, B>& ahead) {
    if (how_.micro_batch != 0) {
      refuse("learner, forward passes ahead", "no micro-batches", how_.micro_batch);
    }
    if constexpr (!GivesTrainingLoss<Model, B> &&
                  std::is_invocable_r_v<at::Tensor, const Objective&, ForwardAhead<Model, B>&,
                                        const B&>) {
      return step_by(ahead, batch);
    } else {
      refuse("learner, forward passes ahead", "an objective for any model, by its embeddings",
             "a loss of the model's own, or an objective for one type of model");
    }
  }

  /// Adds the gradient of the loss of `batch` to the parameters', in training mode, and returns
  /// the loss. In micro-batches where StepSpec says so: for losses one pass each, for all else two.
  template <Batch B>
  double accumulate(const B& batch) {
    return accumulate(objective_, model_, batch);
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
  World* world() const { return how_.world; }
  NamedTensors state() { return detail::training_state(*model_, *optimizer_); }
  void load_state(const NamedTensors& state) {
    detail::load_training_state(*model_, *optimizer_, state);
  }

 private:
  /// `model` is the learner's, or stands for it.
  template <class M, Batch B>
  double step_by(M& model, const B& batch) {
    detail::clear_gradients(*optimizer_);
    const double loss =
        over_ranks() ? accumulate_over_ranks(model, batch) : accumulate(objective_, model, batch);
    detail::step_by_gradients(*optimizer_, how_.max_norm);
    return loss;
  }

  template <class Loss, class M, Batch B>
  double accumulate(const Loss& loss, M& model, const B& batch) {
    if (!model_->is_training()) model_->train();
    if (how_.micro_batch == 0 || how_.micro_batch >= detail::size_of(batch)) {
      const at::Tensor whole = [&] {
        const AutocastGuard guard(*model_, precision_);
        return loss(model, batch);
      }();
      whole.backward();
      return whole.template item<double>();
    }
    detail::InMicroBatches<Model> parts(model_,
                                        {.size = how_.micro_batch, .precision = precision_});
    return parts.accumulate(loss, batch);
  }

  bool over_ranks() const { return how_.world != nullptr && how_.world->size() > 1; }

  /// The gradient of the whole batch, of which this rank has some examples; its loss.
  template <class M, Batch B>
  double accumulate_over_ranks(M& model, const B& batch) {
    World& world = *how_.world;
    const std::vector<std::int64_t> counts = counts_of_ranks(detail::size_of(batch), world);
    const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    if (*std::min_element(counts.begin(), counts.end()) < 1) {
      refuse("learner", "at least one example on every rank", total, " of all");
    }
    // OwnLoss of a model that has nothing but a loss of whole batches is of one's own examples.
    constexpr bool kLossAlone =
        std::is_same_v<Objective, OwnLoss> && !EmbedsPairs<Model, B> && !GivesLosses<Model, B>;
    constexpr bool kForAnyModel =
        !kLossAlone &&
        std::is_invocable_r_v<at::Tensor, const Objective&, detail::OverRanks<Model>&, const B&>;
    double weight = static_cast<double>(detail::size_of(batch)) / static_cast<double>(total);
    double loss = 0;
    if (kForAnyModel && !is_mean_of_examples<B>()) {
      if constexpr (kForAnyModel) {
        weight = 1;
        loss = accumulate(
            [&](auto& inner, const B& own) {
              detail::OverRanks all(inner, world);
              return objective_(all, own) / static_cast<double>(world.size());
            },
            model, batch);
      }
    } else {
      loss = accumulate(objective_, model, batch);
    }
    sum_gradients(world, detail::parameters_of(*optimizer_), weight);
    return world.sum(loss * weight);
  }

  /// Whether the loss of a batch is a mean that no rank needs another for.
  template <Batch B>
  bool is_mean_of_examples() const {
    constexpr bool kOwn = GivesTrainingLoss<Model, B> || !EmbedsPairs<Model, B>;
    return kOwn && detail::is_own_loss(objective_);
  }

  Model model_;
  torch::optim::Optimizer* optimizer_;
  Objective objective_;
  Precision precision_;
  StepSpec how_;
  std::vector<double> relative_rates_;
};

template <class Model>
Learner(Model, torch::optim::Optimizer&, Contrast) -> Learner<Model>;
template <class Model>
Learner(Model, torch::optim::Optimizer&, Contrast, Precision) -> Learner<Model>;
template <class Model>
Learner(Model, torch::optim::Optimizer&, Contrast, Precision, StepSpec) -> Learner<Model>;

}  // namespace jest
