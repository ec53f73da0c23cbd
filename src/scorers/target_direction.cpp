// The target direction of gradient alignment: set, saved, loaded.

#include "jest/scorers/aligned_scorer.hpp"

#include <torch/torch.h>

#include <string>

namespace jest {
namespace {

at::Tensor saved(const NamedTensors& state, const std::string& name, at::ScalarType type) {
  for (const auto& [key, tensor] : state) {
    if (key == name && tensor.dim() == 1 && tensor.scalar_type() == type) return tensor;
  }
  refuse("load target direction", "a scorer's " + name + " in the checkpoint", "none");
}

}  // namespace

TargetDirection::TargetDirection(std::int64_t refresh_every) : refresh_every_(refresh_every) {
  if (refresh_every < 1) refuse("target direction", "refresh_every >= 1", refresh_every);
}

void TargetDirection::set(std::int64_t period, const at::Tensor& features) {
  if (features.dim() != 2 || features.size(0) < 1) {
    refuse("target direction", "features [n, D] of at least one curated example", features.sizes());
  }
  vector_ = features.to(at::kDouble).mean(0).to(at::kCPU, at::kFloat);
  if (!vector_.isfinite().all().item<bool>()) {
    refuse("target direction", "finite features of the curated batch", "NaN or infinity");
  }
  period_ = period;
}

NamedTensors TargetDirection::state() const {
  NamedTensors tensors{{"period", torch::tensor({period_}, at::kLong)}};
  if (vector_.defined()) tensors.emplace_back("direction", vector_);
  return tensors;
}

void TargetDirection::load_state(const NamedTensors& state) {
  const auto period = saved(state, "period", at::kLong).item<std::int64_t>();
  vector_ = period < 0 ? at::Tensor() : saved(state, "direction", at::kFloat);
  period_ = period;
}

}  // namespace jest
