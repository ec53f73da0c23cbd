#pragma once
// Adam in one pass over memory instead of nine: LibTorch's C++ Adam with its fused kernels.

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "jest/core/error.hpp"

namespace torch::optim {
class Optimizer;
}

namespace jest {

struct AdamSpec {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
};

/// A torch::optim::Adam (same state, same checkpoints) whose step is at::_fused_adam_.
/// Source: Kingma and Ba 2015. Parameters without a gradient are left alone. The
/// parameters of a group lie on one device, CPU or CUDA.
JEST_EXPORT std::unique_ptr<torch::optim::Optimizer> fused_adam(std::vector<at::Tensor> parameters,
                                                                const AdamSpec& spec);

}  // namespace jest
