#pragma once
// Selections that every backend is asked for: all presets, weights and interactions, and random
// shapes. `check(pairs, spec)` compares one with the oracle.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

#include "jest/select/selection.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest::oracle {

template <class Pairs, class Check>
void for_every_preset_and_weight(const Check& check) {
  const auto models = random_models({70, 6}, 1);
  const auto ids = shuffled_ids(70, 1);
  for (const auto& [name, preset] : kPresets) {
    for (const ScoreWeights& weights : {kLearnability, kHardLearner, kEasyReference}) {
      for (const double interaction : {1.0, 0.0, -0.5}) {
        SCOPED_TRACE(text(name, " ", weights.learner, " ", weights.reference, " ", interaction));
        auto pairs = models.pairs<Pairs>(weights);
        SelectionSpec spec{
            .count = 20, .sampling = {.preset = preset, .gain = 3}, .seed = 1u << 31, .step = 9};
        spec.sampling.interaction.value = interaction;
        check(pairs, spec);
        pairs.ids = ids;
        check(pairs, spec);
      }
    }
  }
}

struct RandomShapes {
  std::uint64_t seed;
  std::uint64_t most_rows;
  std::uint64_t most_cols;
};

/// Among them one candidate, width 1, b = B, and b that N does not divide.
template <class Pairs, class Check>
void for_random_shapes(const RandomShapes& shapes, const Check& check) {
  std::mt19937_64 random(shapes.seed);
  for (int trial = 0; trial < 40; ++trial) {
    const auto rows = static_cast<std::int64_t>(trial == 0 ? 1 : 1 + random() % shapes.most_rows);
    const auto cols =
        static_cast<std::int64_t>(1 + random() % (trial % 3 == 0 ? 1 : shapes.most_cols));
    const auto some = static_cast<std::int64_t>(1 + random() % rows);
    const std::int64_t count = trial % 5 == 0 ? rows : some;
    const auto chunks = static_cast<std::int64_t>(1 + random() % std::min<std::int64_t>(count, 20));
    SCOPED_TRACE(text("B ", rows, " d ", cols, " b ", count, " N ", chunks));
    const auto models = random_models({rows, cols, trial % 2}, random());
    check(
        models.pairs<Pairs>(),
        SelectionSpec{.count = count, .sampling = {.chunks = chunks, .gain = 2}, .seed = random()});
  }
}

}  // namespace jest::oracle
