// The optimizer step, learning rates by group, and the state of training as named tensors.

#include "jest/learner/learner.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace jest::detail {
namespace {

using torch::optim::AdamParamState;
using torch::optim::AdamWParamState;
using torch::optim::SGDParamState;

at::Tensor counter(std::int64_t value) { return torch::tensor({value}, at::kLong); }

template <class State>
NamedTensors adam_tensors(State& state) {
  NamedTensors tensors{{"step", counter(state.step())},
                       {"exp_avg", state.exp_avg()},
                       {"exp_avg_sq", state.exp_avg_sq()}};
  if (state.max_exp_avg_sq().defined()) {
    tensors.emplace_back("max_exp_avg_sq", state.max_exp_avg_sq());
  }
  return tensors;
}

NamedTensors optimizer_tensors(torch::optim::OptimizerParamState& state) {
  if (auto* adam = dynamic_cast<AdamParamState*>(&state)) return adam_tensors(*adam);
  if (auto* adamw = dynamic_cast<AdamWParamState*>(&state)) return adam_tensors(*adamw);
  if (auto* sgd = dynamic_cast<SGDParamState*>(&state)) {
    NamedTensors tensors;
    if (sgd->momentum_buffer().defined()) {
      tensors.emplace_back("momentum_buffer", sgd->momentum_buffer());
    }
    return tensors;
  }
  throw Error("checkpoint: expected the state of Adam, AdamW or SGD, got another optimizer's");
}

void expect_known(torch::optim::Optimizer& optimizer) {
  if (dynamic_cast<torch::optim::Adam*>(&optimizer)) return;
  if (dynamic_cast<torch::optim::AdamW*>(&optimizer)) return;
  if (dynamic_cast<torch::optim::SGD*>(&optimizer)) return;
  throw Error("checkpoint: expected Adam, AdamW or SGD, got another optimizer");
}

using StateByName = std::map<std::string, at::Tensor>;

void copy_into(const std::string& name, at::Tensor target, const StateByName& saved) {
  const auto found = saved.find(name);
  if (found == saved.end()) refuse("load checkpoint", "tensor " + name, "none of that name");
  if (found->second.sizes() != target.sizes() || found->second.dtype() != target.dtype()) {
    refuse("load checkpoint", text(name, " of shape ", target.sizes(), " ", target.dtype()),
           found->second.sizes(), " ", found->second.dtype());
  }
  target.copy_(found->second);
}

/// What was saved of one parameter's optimizer state, under names with a prefix.
class SavedState {
 public:
  SavedState(const StateByName& saved, std::string prefix, const at::Tensor& parameter)
      : saved_(saved), prefix_(std::move(prefix)), parameter_(parameter) {}

  bool has(const std::string& name) const { return saved_.contains(prefix_ + name); }

  /// In shape, type, layout and place as the optimizer would have made it: kernels rely on that.
  at::Tensor like_parameter(const std::string& name) const {
    at::Tensor state = torch::empty_like(parameter_);
    copy_into(prefix_ + name, state, saved_);
    return state;
  }

  std::int64_t count(const std::string& name) const {
    const at::Tensor count = counter(0);
    copy_into(prefix_ + name, count, saved_);
    return count.item<std::int64_t>();
  }

 private:
  const StateByName& saved_;
  std::string prefix_;
  const at::Tensor& parameter_;
};

template <class State>
std::unique_ptr<State> adam_state(const SavedState& saved) {
  auto state = std::make_unique<State>();
  state->step(saved.count("step"));
  state->exp_avg(saved.like_parameter("exp_avg"));
  state->exp_avg_sq(saved.like_parameter("exp_avg_sq"));
  if (saved.has("max_exp_avg_sq")) state->max_exp_avg_sq(saved.like_parameter("max_exp_avg_sq"));
  return state;
}

std::unique_ptr<torch::optim::OptimizerParamState> optimizer_state(
    torch::optim::Optimizer& optimizer, const SavedState& saved) {
  if (dynamic_cast<torch::optim::AdamW*>(&optimizer)) return adam_state<AdamWParamState>(saved);
  if (dynamic_cast<torch::optim::Adam*>(&optimizer)) return adam_state<AdamParamState>(saved);
  auto state = std::make_unique<SGDParamState>();
  state->momentum_buffer(saved.like_parameter("momentum_buffer"));
  return state;
}

/// Every parameter that the optimizer moves, numbered over its groups.
std::vector<at::Tensor> optimized(torch::optim::Optimizer& optimizer) {
  std::vector<at::Tensor> parameters;
  for (auto& group : optimizer.param_groups()) {
    parameters.insert(parameters.end(), group.params().begin(), group.params().end());
  }
  return parameters;
}

NamedTensors module_tensors(torch::nn::Module& module) {
  NamedTensors tensors;
  for (const auto& item : module.named_parameters()) {
    tensors.emplace_back("model." + item.key(), item.value());
  }
  for (const auto& item : module.named_buffers()) {
    tensors.emplace_back("model." + item.key(), item.value());
  }
  return tensors;
}

/// What the optimizer moves and the model has not: a temperature of the objective, for instance.
NamedTensors further_parameters(torch::nn::Module& module, torch::optim::Optimizer& optimizer) {
  std::set<const void*> of_module;
  for (const at::Tensor& parameter : module.parameters()) {
    of_module.insert(parameter.unsafeGetTensorImpl());
  }
  NamedTensors tensors;
  const auto parameters = optimized(optimizer);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (of_module.contains(parameters[k].unsafeGetTensorImpl())) continue;
    tensors.emplace_back(text("optimized.", k), parameters[k]);
  }
  return tensors;
}

NamedTensors trained_tensors(torch::nn::Module& module, torch::optim::Optimizer& optimizer) {
  NamedTensors tensors = module_tensors(module);
  std::ranges::move(further_parameters(module, optimizer), std::back_inserter(tensors));
  return tensors;
}

bool any_begins_with(const std::string& prefix, const StateByName& saved) {
  const auto first = saved.lower_bound(prefix);
  return first != saved.end() && first->first.starts_with(prefix);
}

}  // namespace

std::vector<at::Tensor> parameters_of(torch::optim::Optimizer& optimizer) {
  return optimized(optimizer);
}

void clear_gradients(torch::optim::Optimizer& optimizer) { optimizer.zero_grad(); }

void step_by_gradients(torch::optim::Optimizer& optimizer, double max_norm) {
  if (max_norm > 0) torch::nn::utils::clip_grad_norm_(optimized(optimizer), max_norm);
  optimizer.step();
}

std::vector<double> relative_rates(torch::optim::Optimizer& optimizer) {
  std::vector<double> rates;
  for (auto& group : optimizer.param_groups()) rates.push_back(group.options().get_lr());
  const double first = rates.empty() ? 0 : rates.front();
  for (double& rate : rates) {
    if (first == 0 && rate != 0) {
      refuse("learner", "a first parameter group with a learning rate above 0", first);
    }
    rate = first == 0 ? 1 : rate / first;
  }
  return rates;
}

void set_learning_rate(torch::optim::Optimizer& optimizer, const std::vector<double>& relative,
                       double learning_rate) {
  auto& groups = optimizer.param_groups();
  if (groups.size() != relative.size()) {
    refuse("learner", text("the ", relative.size(), " parameter groups it was made with"),
           groups.size());
  }
  for (std::size_t k = 0; k < groups.size(); ++k) {
    groups[k].options().set_lr(learning_rate * relative[k]);
  }
}

NamedTensors training_state(torch::nn::Module& module, torch::optim::Optimizer& optimizer) {
  expect_known(optimizer);
  NamedTensors tensors = trained_tensors(module, optimizer);
  const auto parameters = optimized(optimizer);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const auto found = optimizer.state().find(parameters[k].unsafeGetTensorImpl());
    if (found == optimizer.state().end()) continue;
    for (auto& [name, tensor] : optimizer_tensors(*found->second)) {
      tensors.emplace_back(text("optimizer.", k, ".", name), tensor);
    }
  }
  return tensors;
}

void load_training_state(torch::nn::Module& module, torch::optim::Optimizer& optimizer,
                         const NamedTensors& state) {
  const torch::NoGradGuard no_gradient;
  expect_known(optimizer);
  const StateByName saved(state.begin(), state.end());
  for (const auto& [name, tensor] : trained_tensors(module, optimizer)) {
    copy_into(name, tensor, saved);
  }
  const auto parameters = optimized(optimizer);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const std::string prefix = text("optimizer.", k, ".");
    void* key = parameters[k].unsafeGetTensorImpl();
    optimizer.state().erase(key);
    if (any_begins_with(prefix, saved)) {
      optimizer.state()[key] = optimizer_state(optimizer, {saved, prefix, parameters[k]});
    }
  }
}

}  // namespace jest::detail
