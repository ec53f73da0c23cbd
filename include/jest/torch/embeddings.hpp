#pragma once
// Embeddings as tensors, and the only place where tensors become views.

#include <ATen/core/Tensor.h>

#include <string>

#include "jest/core/views.hpp"
#include "jest/criteria/contrastive.hpp"

namespace jest {

/// What a two-tower model says of n examples: L2-normalised x, y [n, d], logit scale and bias as
/// 0-d tensors of the same device. A model without a bias leaves it undefined: 0.
struct Embeddings {
  at::Tensor x;
  at::Tensor y;
  at::Tensor scale;
  at::Tensor bias;
};

/// The same on another device; what is there already is not copied.
JEST_EXPORT Embeddings to_device(const Embeddings& embeddings, c10::Device device);

/// The same with the logit scale and bias that fit curated pairs best: criteria/contrastive.hpp.
/// Of tensors of any device; scale and bias come back on theirs. Throws as the fit does.
JEST_EXPORT Embeddings fit_scale_and_bias(const Embeddings& curated,
                                          Contrast contrast = Contrast::kSigmoid,
                                          std::int64_t batch = 0);

/// Among held-out pairs: does x find its own y, and y its x?
struct RetrievalRecall {
  double at_1 = 0;
  double at_10 = 0;
};

/// Recall among all n pairs, mean of both directions. A tie counts against the pair. O(n²·d) time
/// in tiles, O(n) memory.
JEST_EXPORT RetrievalRecall retrieval_recall(const Embeddings& pairs);

namespace detail {

/// `matrix` itself where each row is contiguous and rows do not overlap, else a copy.
at::Tensor contiguous_rows(const at::Tensor& matrix);

}  // namespace detail

/// CPU float32 rows of an `Embeddings`, kept alive with the view over them. No copy where x and y
/// are CPU float32 with contiguous rows; else one conversion, from another device too. Throws
/// jest::Error on undefined tensors, other shapes and integer dtypes; `who` names the model.
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
