#pragma once
// AdamW in one pass over memory instead of nine: LibTorch's C++ AdamW with its fused kernels.

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "jest/core/error.hpp"

namespace torch::nn {
class Module;
}
namespace torch::optim {
class Optimizer;
}

namespace jest {

struct AdamSpec {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< decoupled: a step takes learning_rate · weight_decay of a weight
};

/// A torch::optim::AdamW (same state, same checkpoints) whose step is at::_fused_adamw_. Sources:
/// Kingma and Ba 2015; Loshchilov and Hutter 2019. Parameters without a gradient are left alone.
/// The parameters of a group lie on one device, CPU or CUDA.
JEST_EXPORT std::unique_ptr<torch::optim::Optimizer> fused_adam(std::vector<at::Tensor> parameters,
                                                                const AdamSpec& spec);

/// Of all parameters of a module. Where weights decay, they are two groups: matrices and tables
/// decay; vectors and numbers (norms, biases, temperatures) do not.
JEST_EXPORT std::unique_ptr<torch::optim::Optimizer> fused_adam(const torch::nn::Module& module,
                                                                const AdamSpec& spec);

}  // namespace jest
