// What joint selection is for: pairs with structure. A learner that knows the topic of an example
// but not the example itself, a reference that knows both: candidates of one topic are each other's
// learnable hard negatives, and only a sampler that looks at pairs gathers them.
#include <gtest/gtest.h>

#include "jest/select/select.hpp"
#include "oracle/gibbs.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

constexpr std::int64_t kTopics = 32;
constexpr std::int64_t kCandidates = 256;
constexpr std::int64_t kWidth = 24;
constexpr std::int64_t kCount = 32;
constexpr std::uint64_t kPools = 8;

/// Moves every row next to the centre of its topic.
void gather(oracle::Embeddings& embeddings, const oracle::Embeddings& centres,
            std::vector<float> oracle::Embeddings::*side) {
  constexpr float kSpread = 0.4F;
  for (std::int64_t i = 0; i < kCandidates; ++i) {
    float* row = (embeddings.*side).data() + i * kWidth;
    const float* centre = centres.x.data() + i % kTopics * kWidth;
    float square = 0;
    for (std::int64_t k = 0; k < kWidth; ++k) {
      row[k] = centre[k] + kSpread * row[k];
      square += row[k] * row[k];
    }
    for (std::int64_t k = 0; k < kWidth; ++k) row[k] /= std::sqrt(square);
  }
}

oracle::TwoModels topical_models(std::uint64_t seed) {
  const oracle::Shape shape{kCandidates, kWidth};
  oracle::TwoModels models{oracle::random_embeddings(shape, 3 * seed),
                           oracle::random_embeddings(shape, 3 * seed + 1)};
  const auto centres = oracle::random_embeddings({kTopics, kWidth}, 3 * seed + 2);
  gather(models.learner, centres, &oracle::Embeddings::x);
  gather(models.learner, centres, &oracle::Embeddings::y);
  models.reference.y = models.reference.x;
  models.learner.bias = models.reference.bias = -10;
  return models;
}

/// Mean learnability of the picked set over pools whose first `candidates` are offered.
double mean_learnability(const SelectionSpec& asked, std::int64_t candidates = kCandidates) {
  double total = 0;
  for (std::uint64_t seed = 0; seed < kPools; ++seed) {
    const auto models = topical_models(seed);
    auto pairs = models.pairs<SigmoidPairs>();
    const auto dense = oracle::dense(pairs);
    for (auto* model : {&pairs.learner, &pairs.reference}) {
      model->x.rows = model->y.rows = candidates;
    }
    SelectionSpec spec = asked;
    spec.seed = seed;
    total += dense.value(select(pairs, spec).indices);
  }
  return total / kPools;
}

TEST(StructuredPairs, LearnabilityRisesWithTheNumberOfChunks) {
  double before = mean_learnability({.count = kCount, .sampling = {.preset = Preset::kUniform}});
  for (const std::int64_t chunks : {1, 2, 4, 16}) {
    const double now = mean_learnability({.count = kCount, .sampling = {.chunks = chunks}});
    EXPECT_GT(now, 1.05 * before) << chunks;
    before = now;
  }
}

TEST(StructuredPairs, SixteenChunksReachNineTenthsOfWhatGibbsGainsOverRandom) {
  double random = 0;
  double joint = 0;
  double gibbs = 0;
  for (std::uint64_t seed = 0; seed < kPools; ++seed) {
    const auto models = topical_models(seed);
    const auto pairs = models.pairs<SigmoidPairs>();
    const auto dense = oracle::dense(pairs);
    const auto start =
        select(pairs, {.count = kCount, .sampling = {.preset = Preset::kUniform}, .seed = seed});
    random += dense.value(start.indices);
    joint += dense.value(
        select(pairs, {.count = kCount, .sampling = {.chunks = 16}, .seed = seed}).indices);
    gibbs += dense.value(
        oracle::gibbs(dense, start.indices, {.sweeps = 10, .gain = kDefaultGain, .seed = seed}));
  }
  EXPECT_GT(gibbs, 2 * random);
  EXPECT_GT(joint - random, 0.9 * (gibbs - random));
}

TEST(StructuredPairs, LearnabilityRisesWithTheFilterRatio) {
  double before = 0;
  for (const std::int64_t candidates : {32, 64, 128, 256}) {  // f = 0, 0.5, 0.75, 0.875
    const double now = mean_learnability({.count = kCount}, candidates);
    EXPECT_GT(now, 1.1 * before) << candidates;
    before = now;
  }
}

}  // namespace
}  // namespace jest
