#pragma once
// Selections by criteria with linear pairs and by losses that every backend is asked for, and how
// the CUDA backend takes such criteria. `check(criterion, spec)` compares one with the oracle.

#include <random>
#include <span>
#include <vector>

#include "jest/criteria/separable.hpp"
#include "jest/select/selection.hpp"
#include "oracle/dense_oracle.hpp"
#include "oracle/device_pairs.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest::oracle {

/// Features, a direction and own terms of one super-batch.
struct Features {
  Embeddings embeddings;
  std::vector<float> direction;
  std::vector<double> own;
  std::span<const std::int64_t> ids = {};

  explicit Features(const Shape& shape, std::uint64_t seed = 5)
      : embeddings(random_embeddings(shape, seed)) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    for (std::int64_t k = 0; k < shape.cols; ++k) {
      direction.push_back(static_cast<float>(normal(random)));
    }
    for (std::int64_t i = 0; i < shape.rows; ++i) own.push_back(normal(random));
  }

  GradientAlignment gradients() const {
    return {.features = embeddings.view().x,
            .direction = direction,
            .step_size = 0.7,
            .added = own,
            .ids = ids};
  }
  EmbeddingDiversity diversity() const {
    return {.importance = own, .embeddings = embeddings.view().x, .strength = 0.6, .ids = ids};
  }
};

/// Float32 losses with weights, as the separable criterion has them.
struct WeighedLosses {
  std::vector<float> learner;
  std::vector<float> reference;
  ScoreWeights weights = kLearnability;
  std::span<const std::int64_t> ids = {};

  WeighedLosses(std::int64_t rows, const ScoreWeights& how) : weights(how) {
    std::mt19937_64 random(7);
    std::exponential_distribution<float> loss(1);
    for (std::int64_t i = 0; i < rows; ++i) {
      learner.push_back(loss(random));
      reference.push_back(loss(random));
    }
  }
  Losses losses() const { return {learner, reference, ids}; }
};

/// Losses have no pairs for an interaction to weigh.
inline PairSum dense(const WeighedLosses& losses, double = 1) {
  std::vector<double> own;
  for (std::size_t i = 0; i < losses.learner.size(); ++i) {
    double total = 0;
    if (losses.weights.learner != 0) total += losses.weights.learner * losses.learner[i];
    if (losses.weights.reference != 0) total -= losses.weights.reference * losses.reference[i];
    own.push_back(total);
  }
  return dense_separable(own);
}

inline cuda::DeviceLosses device_criterion(const WeighedLosses& losses) {
  return {losses.learner.data(), losses.reference.data(), std::ssize(losses.learner),
          losses.weights, ids_or_null(losses.ids)};
}

inline cuda::DeviceAlignment device_criterion(const GradientAlignment& alignment) {
  return {.features = device_matrix(alignment.features),
          .direction = alignment.direction.data(),
          .step_size = alignment.step_size,
          .added = alignment.added.data(),
          .ids = ids_or_null(alignment.ids)};
}

inline cuda::DeviceDiversity device_criterion(const EmbeddingDiversity& diversity) {
  return {.importance = diversity.importance.data(),
          .embeddings = device_matrix(diversity.embeddings),
          .strength = diversity.strength,
          .ids = ids_or_null(diversity.ids)};
}

/// All presets, interactions and weights, with ids and without.
template <class Check>
void for_every_preset_without_contrast(const Check& check) {
  Features features({70, 37, 2});
  const auto ids = shuffled_ids(70, 1);
  for (const auto& [name, preset] : kPresets) {
    SelectionSpec spec{
        .count = 20, .sampling = {.preset = preset, .gain = 3}, .seed = 1u << 31, .step = 9};
    for (const bool named : {false, true}) {
      features.ids = {};
      SCOPED_TRACE(text(name, named ? ", ids" : ""));
      if (named) features.ids = ids;
      for (const double interaction : {1.0, 0.0, -0.5}) {
        spec.sampling.interaction.value = interaction;
        check(features.gradients(), spec);
        check(features.diversity(), spec);
      }
      for (const ScoreWeights& weights : {kLearnability, kHardLearner, kEasyReference}) {
        WeighedLosses losses(70, weights);
        losses.ids = features.ids;
        check(losses, spec);
      }
    }
  }
}

/// Among them one candidate, width 1, b = B, and b that N does not divide.
template <class Check>
void for_random_shapes_without_contrast(std::uint64_t seed, std::uint64_t most_rows,
                                        const Check& check) {
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 30; ++trial) {
    const auto rows = static_cast<std::int64_t>(trial == 0 ? 1 : 1 + random() % most_rows);
    const auto cols = static_cast<std::int64_t>(1 + random() % (trial % 3 == 0 ? 1 : 100));
    const auto some = static_cast<std::int64_t>(1 + random() % rows);
    const std::int64_t count = trial % 5 == 0 ? rows : some;
    const auto chunks = static_cast<std::int64_t>(1 + random() % std::min<std::int64_t>(count, 20));
    SCOPED_TRACE(text("B ", rows, " d ", cols, " b ", count, " N ", chunks));
    const Features features({rows, cols, trial % 2}, random());
    SelectionSpec spec{.count = count, .sampling = {.chunks = chunks, .gain = 2}, .seed = random()};
    spec.sampling.interaction.value = 0.8;
    check(features.gradients(), spec);
    spec.sampling.interaction.value = -0.4;
    check(features.diversity(), spec);
    check(WeighedLosses(rows, kLearnability), spec);
  }
}

}  // namespace jest::oracle
