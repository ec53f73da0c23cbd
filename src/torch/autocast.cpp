// A scope of LibTorch's autocast, and what it restores.

#include "jest/torch/device.hpp"

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

namespace jest {
namespace {

c10::DeviceType device_of(const torch::nn::Module& module) {
  const auto parameters = module.parameters();
  return parameters.empty() ? c10::kCPU : parameters.front().device().type();
}

}  // namespace

AutocastGuard::AutocastGuard(c10::DeviceType device, Precision precision)
    : device_(device),
      precision_(precision),
      was_enabled_(false),
      was_type_(c10::ScalarType::Undefined) {
  if (precision == Precision::kAmbient) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device);
  was_type_ = at::autocast::get_autocast_dtype(device);
  at::autocast::increment_nesting();
  at::autocast::set_autocast_enabled(device_, precision == Precision::kBfloat16);
  if (precision == Precision::kBfloat16) at::autocast::set_autocast_dtype(device_, at::kBFloat16);
}

AutocastGuard::AutocastGuard(const torch::nn::Module& module, Precision precision)
    : AutocastGuard(device_of(module), precision) {}

AutocastGuard::~AutocastGuard() {
  if (precision_ == Precision::kAmbient) return;
  // Casts of parameters are kept until the outermost scope ends; an optimizer's step ages them.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_dtype(device_, was_type_);
  at::autocast::set_autocast_enabled(device_, was_enabled_);
}

}  // namespace jest
