// AdamW in one pass over the parameters of a group, and which parameters decay.

#include "jest/train/fused_adam.hpp"

#include <torch/torch.h>

namespace jest {
namespace {

class FusedAdam : public torch::optim::AdamW {
 public:
  using AdamW::AdamW;

  at::Tensor step(LossClosure closure = nullptr) override {
    at::Tensor loss;
    if (closure) {
      const at::AutoGradMode with_gradient(true);
      loss = closure();
    }
    const torch::NoGradGuard no_gradient;
    for (auto& group : param_groups_) step_group(group);
    return loss;
  }

 private:
  void step_group(torch::optim::OptimizerParamGroup& group) {
    std::vector<at::Tensor> parameters, gradients, averages, squares, steps;
    for (at::Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      auto& state = state_of(parameter);
      state.step(state.step() + 1);
      parameters.push_back(parameter);
      gradients.push_back(parameter.grad());
      averages.push_back(state.exp_avg());
      squares.push_back(state.exp_avg_sq());
      steps.push_back(torch::full({}, static_cast<double>(state.step()),
                                  parameter.options().dtype(at::kFloat).requires_grad(false)));
    }
    if (parameters.empty()) return;  // a frozen group
    const auto& options = static_cast<torch::optim::AdamWOptions&>(group.options());
    const auto [beta1, beta2] = options.betas();
    at::_fused_adamw_(parameters, gradients, averages, squares, {}, steps, options.lr(), beta1,
                      beta2, options.weight_decay(), options.eps(), /*amsgrad=*/false,
                      /*maximize=*/false);
  }

  torch::optim::AdamWParamState& state_of(const at::Tensor& parameter) {
    auto& slot = state_[parameter.unsafeGetTensorImpl()];
    if (!slot) {
      auto state = std::make_unique<torch::optim::AdamWParamState>();
      state->step(0);
      state->exp_avg(torch::zeros_like(parameter, at::MemoryFormat::Preserve));
      state->exp_avg_sq(torch::zeros_like(parameter, at::MemoryFormat::Preserve));
      slot = std::move(state);
    }
    return static_cast<torch::optim::AdamWParamState&>(*slot);
  }
};

torch::optim::AdamWOptions options_of(const AdamSpec& spec, bool decays) {
  return torch::optim::AdamWOptions(spec.learning_rate)
      .betas({spec.beta1, spec.beta2})
      .eps(spec.epsilon)
      .weight_decay(decays ? spec.weight_decay : 0);
}

}  // namespace

std::unique_ptr<torch::optim::Optimizer> fused_adam(std::vector<at::Tensor> parameters,
                                                    const AdamSpec& spec) {
  return std::make_unique<FusedAdam>(std::move(parameters), options_of(spec, true));
}

std::unique_ptr<torch::optim::Optimizer> fused_adam(const torch::nn::Module& module,
                                                    const AdamSpec& spec) {
  if (spec.weight_decay == 0) return fused_adam(module.parameters(), spec);
  std::vector<at::Tensor> matrices, vectors;
  for (const at::Tensor& parameter : module.parameters()) {
    (parameter.dim() < 2 ? vectors : matrices).push_back(parameter);
  }
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (const bool decays : {true, false}) {
    const auto& some = decays ? matrices : vectors;
    if (some.empty()) continue;
    groups.emplace_back(some,
                        std::make_unique<torch::optim::AdamWOptions>(options_of(spec, decays)));
  }
  return std::make_unique<FusedAdam>(std::move(groups), options_of(spec, true));
}

}  // namespace jest
