#pragma once
// Inputs of every benchmark: random unit rows, the same for ours and for every peer.

#include <torch/torch.h>

#include <cstdint>
#include <string>

#include "jest/select/select.hpp"

namespace jest::bench {

/// B candidates of width d, b to pick in N rounds.
struct Shape {
  std::int64_t candidates;
  std::int64_t width;
  std::int64_t count;
  std::int64_t chunks;

  /// Candidate–pick pairs whose logits are needed: Σ_r c_r · (candidates left after round r).
  double pairs() const {
    double total = 0;
    std::int64_t picked = 0;
    for (std::int64_t round = 0; round + 1 < chunks; ++round) {
      const std::int64_t take = count / chunks + (round < count % chunks ? 1 : 0);
      picked += take;
      total += static_cast<double>(take) * static_cast<double>(candidates - picked);
    }
    return total;
  }
  /// Multiply-add FLOPs of two models in two directions: 8·d·P.
  double flops() const { return 8 * static_cast<double>(width) * pairs(); }

  std::string name() const {
    return "B:" + std::to_string(candidates) + "/d:" + std::to_string(width) +
           "/b:" + std::to_string(count) + "/N:" + std::to_string(chunks);
  }
};

inline constexpr double kScale = 20;
inline constexpr double kBias = -7;

/// Embeddings of a learner and a reference, [B, d] float32.
struct SuperBatch {
  Shape shape;
  at::Tensor learner_x, learner_y, reference_x, reference_y;

  explicit SuperBatch(const Shape& shape) : shape(shape) {
    torch::manual_seed(1);
    const auto unit_rows = [&] {
      return torch::nn::functional::normalize(torch::randn({shape.candidates, shape.width}));
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
