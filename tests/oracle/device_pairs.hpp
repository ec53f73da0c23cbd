#pragma once
// Host embeddings described the way the CUDA backend takes them.

#include <span>
#include <type_traits>

#include "jest/select/cuda.hpp"

namespace jest::oracle {

inline cuda::DeviceMatrix device_matrix(const MatrixView& view) {
  return {view.data, view.rows, view.cols, view.row_stride, cuda::Element::kFloat32};
}

inline cuda::DeviceEmbeddings device_embeddings(const EmbeddingsView& view) {
  return {device_matrix(view.x), device_matrix(view.y), view.scale, view.bias};
}

inline const std::int64_t* ids_or_null(std::span<const std::int64_t> ids) {
  return ids.empty() ? nullptr : ids.data();
}

template <class Pairs>
cuda::DevicePairs device_pairs(const Pairs& pairs) {
  cuda::DevicePairs result{.learner = device_embeddings(pairs.learner),
                           .reference = device_embeddings(pairs.reference),
                           .weights = pairs.weights,
                           .ids = ids_or_null(pairs.ids)};
  if constexpr (std::is_same_v<Pairs, SoftmaxPairs>) {
    result.contrast = Contrast::kSoftmax;
    result.include_positive = pairs.include_positive;
  }
  return result;
}

}  // namespace jest::oracle
