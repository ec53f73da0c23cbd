#pragma once
// Embeddings as tensors, for tests of what takes them.

#include <torch/torch.h>

#include "jest/torch/embeddings.hpp"

namespace jest::oracle {

/// Normalised x, y [rows, width] with scale 10 and bias −5.
inline jest::Embeddings random_tensors(std::int64_t rows, std::int64_t width, std::int64_t seed) {
  torch::manual_seed(seed);
  namespace F = torch::nn::functional;
  const at::Tensor x = F::normalize(torch::randn({rows, width}));
  return {x, F::normalize(torch::randn({rows, width})), torch::scalar_tensor(10.0),
          torch::scalar_tensor(-5.0)};
}

/// The same with entries that are small multiples of 1/4: exact in every type, as are their
/// products, so that every backend sees the same numbers.
inline jest::Embeddings representable_tensors(std::int64_t rows, std::int64_t width,
                                              std::int64_t seed) {
  jest::Embeddings embeddings = random_tensors(rows, width, seed);
  embeddings.x = (embeddings.x * 8).round() / 4;
  embeddings.y = (embeddings.y * 8).round() / 4;
  embeddings.scale = torch::scalar_tensor(0.5);
  embeddings.bias = torch::scalar_tensor(-2.0);
  return embeddings;
}

}  // namespace jest::oracle
