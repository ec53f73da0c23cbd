#pragma once
// Embeddings with something to select by: pairs of unit rows about common centres, some of which
// belong together better than others.

#include <cstdint>
#include <vector>

#include "jest/criteria/contrastive.hpp"
#include "shape.hpp"

namespace jest::bench {

/// One model's x and y, [B, d] float32. y_i is x_i mixed with noise, less of it in clean pairs; two
/// models of one seed have the same clean pairs.
class StructuredModel {
 public:
  /// `noise`: how much of it is mixed into y.
  StructuredModel(const Shape& shape, std::uint64_t seed, float noise);

  EmbeddingsView view(double scale, double bias) const;
  /// The rows of `picks` alone, in their order.
  StructuredModel at(const std::vector<std::int64_t>& picks) const;

 private:
  StructuredModel() = default;

  std::int64_t width_ = 0;
  std::vector<float> x_;
  std::vector<float> y_;
};

}  // namespace jest::bench
