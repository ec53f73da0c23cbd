// A checksum of the parameters and buffers of a model.

#include "jest/learner/stores.hpp"

#include <torch/torch.h>

#include "jest/torch/arrays.hpp"

namespace jest {
namespace {

std::string digest(const std::string& content) {
  const ArrayView bytes{"U8",
                        {static_cast<std::int64_t>(content.size())},
                        std::as_bytes(std::span(content.data(), content.size()))};
  return checksum({&bytes, 1});
}

}  // namespace

std::string model_fingerprint(const torch::nn::Module& module) {
  std::string parts;
  const auto add = [&parts](const auto& item) {
    const at::Tensor tensor = item.value().detach().to(at::kCPU).contiguous();
    const ArrayView array = array_view(tensor);
    parts += text(item.key(), " ", describe(array), " ", checksum({&array, 1}), "\n");
  };
  for (const auto& item : module.named_parameters()) add(item);
  for (const auto& item : module.named_buffers()) add(item);
  return digest(parts);
}

}  // namespace jest
