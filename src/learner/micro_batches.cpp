// The second pass of a step in micro-batches, and what is drawn in both.

#include "jest/learner/micro_batches.hpp"

#include <torch/torch.h>

#include <algorithm>

namespace jest::detail {
namespace {

at::Tensor state_of(c10::Device device) {
  return at::globalContext().defaultGenerator(device).get_state();
}

void restore_state(c10::Device device, const at::Tensor& state) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  generator.set_state(state);
}

}  // namespace

GeneratorStates::GeneratorStates(c10::Device device) : device_(device), host_(state_of(at::kCPU)) {
  if (!device.is_cpu()) on_device_ = state_of(device);
}

void GeneratorStates::restore() const {
  restore_state(at::kCPU, host_);
  if (on_device_.defined()) restore_state(device_, on_device_);
}

at::Tensor gradient_leaf(const at::Tensor& values) {
  return values.defined() ? values.detach().requires_grad_() : values;
}

void go_on(const std::vector<Recomputed>& parts) {
  std::vector<at::Tensor> values, gradients;
  for (const auto& [value, leaf, first] : parts) {
    if (!value.defined() || !value.requires_grad() || !leaf.grad().defined()) continue;
    values.push_back(value);
    gradients.push_back(value.dim() == 0 ? leaf.grad()
                                         : leaf.grad().narrow(0, first, value.size(0)));
  }
  if (!values.empty()) torch::autograd::backward(values, gradients);
}

double add_mean_gradient(const at::Tensor& losses, double weight) {
  const at::Tensor share = losses.mean() * weight;
  share.backward();
  return share.item<double>();
}

at::Tensor padded_alike(World& world, const at::Tensor& rows) {
  const std::vector<std::int64_t> widths = counts_of_ranks(rows.size(1), world);
  const std::int64_t widest = *std::max_element(widths.begin(), widths.end());
  return at::constant_pad_nd(rows, {0, widest - rows.size(1)}, 0);
}

}  // namespace jest::detail
