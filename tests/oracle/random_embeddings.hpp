#pragma once
// Inputs for tests: normalised embeddings with fixed seeds, owned by value.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "jest/core/views.hpp"
#include "jest/criteria/contrastive.hpp"

namespace jest::oracle {

struct Shape {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t padding = 0;  ///< floats between two rows, filled with NaN
};

/// The embeddings of one model, owned.
struct Embeddings {
  Shape shape;
  std::vector<float> x;
  std::vector<float> y;
  double scale = 10;
  double bias = -5;

  std::int64_t stride() const { return shape.cols + shape.padding; }
  float* x_row(std::int64_t i) { return x.data() + i * stride(); }
  float* y_row(std::int64_t i) { return y.data() + i * stride(); }
  EmbeddingsView view() const {
    return {{x.data(), shape.rows, shape.cols, stride()},
            {y.data(), shape.rows, shape.cols, stride()},
            scale,
            bias};
  }
};

inline std::vector<float> unit_rows(const Shape& shape, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.rows; ++i) {
    std::vector<double> row(static_cast<std::size_t>(shape.cols));
    double square = 0;
    for (double& value : row) {
      value = normal(random);
      square += value * value;
    }
    for (const double value : row) values.push_back(static_cast<float>(value / std::sqrt(square)));
    values.insert(values.end(), static_cast<std::size_t>(shape.padding), NAN);
  }
  return values;
}

inline Embeddings random_embeddings(const Shape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Embeddings embeddings{.shape = shape, .x = {}, .y = {}};
  embeddings.x = unit_rows(shape, random);
  embeddings.y = unit_rows(shape, random);
  return embeddings;
}

/// A learner and a reference of the same super-batch; widths, scales and biases differ.
struct TwoModels {
  Embeddings learner;
  Embeddings reference;

  template <class Pairs>
  Pairs pairs(const ScoreWeights& weights = kLearnability) const {
    Pairs result;
    result.learner = learner.view();
    result.reference = reference.view();
    result.weights = weights;
    return result;
  }
};

inline TwoModels random_models(const Shape& shape, std::uint64_t seed) {
  TwoModels models{random_embeddings(shape, 2 * seed),
                   random_embeddings({shape.rows, shape.cols + 3, shape.padding}, 2 * seed + 1)};
  models.reference.scale = 7;
  models.reference.bias = -3;
  return models;
}

inline std::vector<std::int64_t> shuffled_ids(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < count; ++i) ids.push_back(1000003 * i + 17);
  std::shuffle(ids.begin(), ids.end(), std::mt19937_64(seed));
  return ids;
}

}  // namespace jest::oracle
