#include "jest/model/scoring.hpp"

#include <torch/torch.h>

namespace jest::detail {

at::Tensor concatenate(const std::vector<at::Tensor>& parts) {
  return parts.size() == 1 ? parts.front() : torch::cat(parts);
}

}  // namespace jest::detail
