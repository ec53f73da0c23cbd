#pragma once
// Inputs of every benchmark: random unit rows, the same for ours and for every peer.

#include <torch/torch.h>

#include "jest/select/select.hpp"
#include "shape.hpp"

namespace jest::bench {

inline constexpr double kScale = 20;
inline constexpr double kBias = -7;

/// Embeddings of a learner and a reference, [B, d] float32.
struct SuperBatch {
  Shape shape;
  at::Tensor learner_x, learner_y, reference_x, reference_y;

  explicit SuperBatch(const Shape& shape, at::Device device = at::kCPU) : shape(shape) {
    torch::manual_seed(1);
    const auto unit_rows = [&] {
      return torch::nn::functional::normalize(
          torch::randn({shape.candidates, shape.width}, device));
    };
    learner_x = unit_rows();
    learner_y = unit_rows();
    reference_x = unit_rows();
    reference_y = unit_rows();
  }

  template <class Pairs>
  Pairs pairs() const {
    Pairs pairs;
    pairs.learner = view(learner_x, learner_y);
    pairs.reference = view(reference_x, reference_y);
    return pairs;
  }

 private:
  static EmbeddingsView view(const at::Tensor& x, const at::Tensor& y) {
    const auto matrix = [](const at::Tensor& rows) {
      return matrix_view(rows.data_ptr<float>(), rows.size(0), rows.size(1));
    };
    return {matrix(x), matrix(y), kScale, kBias};
  }
};

/// The super-batch of `shape`; the last one made is kept, so that a shape's benchmarks share it.
const SuperBatch& super_batch(const Shape& shape);

}  // namespace jest::bench
