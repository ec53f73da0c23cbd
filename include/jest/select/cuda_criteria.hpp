#pragma once
// What the CUDA backend selects by: the criteria of criteria/*.hpp over device memory, not owned.

#include <cstdint>
#include <variant>

#include "jest/core/score.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/select/cuda_engine.hpp"

namespace jest::cuda {

/// A row-major [rows, cols] matrix in device memory, not owned.
struct DeviceMatrix {
  const void* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t row_stride = 0;  ///< elements from one row to the next; at least `cols`
  Element element = Element::kFloat32;
};

/// As EmbeddingsView; x and y have one element type.
struct DeviceEmbeddings {
  DeviceMatrix x;
  DeviceMatrix y;
  double scale = 1;
  double bias = 0;
};

/// As SigmoidPairs or SoftmaxPairs, in device memory.
struct DevicePairs {
  DeviceEmbeddings learner = {};
  DeviceEmbeddings reference = {};
  ScoreWeights weights = kLearnability;
  Contrast contrast = Contrast::kSigmoid;
  bool include_positive = false;      ///< of softmax pairs only
  const std::int64_t* ids = nullptr;  ///< [B] in device memory; null: positions

  std::int64_t candidates() const {
    return weights.learner != 0 ? learner.x.rows : reference.x.rows;
  }
};

/// As Losses and weights: the separable criterion. A model without a weight may be null.
struct DeviceLosses {
  const float* learner = nullptr;    ///< [B]
  const float* reference = nullptr;  ///< [B]
  std::int64_t rows = 0;             ///< B
  ScoreWeights weights = kLearnability;
  const std::int64_t* ids = nullptr;  ///< [B] in device memory; null: positions

  std::int64_t candidates() const { return rows; }
};

/// As GradientAlignment.
struct DeviceAlignment {
  DeviceMatrix features;              ///< h [B, d]
  const float* direction = nullptr;   ///< v [d]
  double step_size = 1;               ///< η
  const double* added = nullptr;      ///< [B] added to a_i, or null
  const std::int64_t* ids = nullptr;  ///< [B] in device memory; null: positions

  std::int64_t candidates() const { return features.rows; }
  double coefficient(double interaction) const {
    return -0.5 * step_size * step_size * interaction;
  }
};

/// As EmbeddingDiversity.
struct DeviceDiversity {
  const double* importance = nullptr;  ///< a [B]
  DeviceMatrix embeddings;             ///< e [B, d], of the reference
  double strength = 1;                 ///< λ
  const std::int64_t* ids = nullptr;   ///< [B] in device memory; null: positions

  std::int64_t candidates() const { return embeddings.rows; }
  double coefficient(double interaction) const { return -strength * interaction; }
};

using DeviceCriterion = std::variant<DevicePairs, DeviceLosses, DeviceAlignment, DeviceDiversity>;

}  // namespace jest::cuda
