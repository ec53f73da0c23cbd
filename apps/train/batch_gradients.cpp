#include "train/batch_gradients.hpp"

#include <torch/torch.h>

namespace jest::apps::train {

at::Tensor flat_gradient(const torch::nn::Module& model, const at::Tensor& loss) {
  std::vector<at::Tensor> weights;
  for (const at::Tensor& parameter : model.parameters()) {
    if (parameter.numel() > 1) weights.push_back(parameter);
  }
  const auto gradients = torch::autograd::grad({loss}, weights, /*grad_outputs=*/{},
                                               /*retain_graph=*/std::nullopt,
                                               /*create_graph=*/false, /*allow_unused=*/true);
  std::vector<at::Tensor> flat;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const at::Tensor& gradient = gradients[k];
    flat.push_back((gradient.defined() ? gradient : torch::zeros_like(weights[k])).flatten());
  }
  return torch::cat(flat);
}

double cosine_between(const at::Tensor& one, const at::Tensor& other) {
  const double norms = one.norm().item<double>() * other.norm().item<double>();
  return norms > 0 ? torch::dot(one, other).item<double>() / norms : 0;
}

}  // namespace jest::apps::train
