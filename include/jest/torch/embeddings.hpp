#pragma once
// Embeddings as tensors, and the only place where tensors become views.

#include <ATen/core/Tensor.h>

#include <string>

#include "jest/core/views.hpp"

namespace jest {

/// What a two-tower model says of n examples: L2-normalised x, y [n, d], logit scale and bias as
/// 0-d tensors of the same device. A model without a bias leaves it undefined: 0.
struct Embeddings {
  at::Tensor x;
  at::Tensor y;
  at::Tensor scale;
  at::Tensor bias;
};

/// CPU float32 rows of an `Embeddings`, kept alive with the view over them. No copy where x and y
/// are CPU float32 with contiguous rows; else one conversion. Throws jest::Error on undefined
/// tensors, other shapes, integer dtypes and devices without a backend; `who` names the model.
class JEST_EXPORT HostEmbeddings {
 public:
  HostEmbeddings() = default;
  HostEmbeddings(const std::string& who, const Embeddings& embeddings);

  const EmbeddingsView& view() const { return view_; }

 private:
  at::Tensor x_;
  at::Tensor y_;
  EmbeddingsView view_;
};

}  // namespace jest
