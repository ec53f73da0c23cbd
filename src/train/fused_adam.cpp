// Adam in one pass over the parameters of a group.

#include "jest/train/fused_adam.hpp"

#include <torch/torch.h>

namespace jest {
namespace {

class FusedAdam : public torch::optim::Adam {
 public:
  using Adam::Adam;

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
    const auto& options = static_cast<torch::optim::AdamOptions&>(group.options());
    const auto [beta1, beta2] = options.betas();
    at::_fused_adam_(parameters, gradients, averages, squares, {}, steps, options.lr(), beta1,
                     beta2, options.weight_decay(), options.eps(), /*amsgrad=*/false,
                     /*maximize=*/false);
  }

  torch::optim::AdamParamState& state_of(const at::Tensor& parameter) {
    auto& slot = state_[parameter.unsafeGetTensorImpl()];
    if (!slot) {
      auto state = std::make_unique<torch::optim::AdamParamState>();
      state->step(0);
      state->exp_avg(torch::zeros_like(parameter, at::MemoryFormat::Preserve));
      state->exp_avg_sq(torch::zeros_like(parameter, at::MemoryFormat::Preserve));
      slot = std::move(state);
    }
    return static_cast<torch::optim::AdamParamState&>(*slot);
  }
};

}  // namespace

std::unique_ptr<torch::optim::Optimizer> fused_adam(std::vector<at::Tensor> parameters,
                                                    const AdamSpec& spec) {
  return std::make_unique<FusedAdam>(std::move(parameters),
                                     torch::optim::AdamOptions(spec.learning_rate)
                                         .betas({spec.beta1, spec.beta2})
                                         .eps(spec.epsilon)
                                         .weight_decay(spec.weight_decay));
}

}  // namespace jest
