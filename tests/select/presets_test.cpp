// Whole selections against the dense sampler, and what must not change them.
#include <gtest/gtest.h>

#include <numeric>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/backends.hpp"
#include "oracle/dense_sampler.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::agree;
using oracle::Positions;

template <class Case>
class Presets : public ::testing::Test {};
TYPED_TEST_SUITE(Presets, oracle::Everywhere);

template <class Case>
void expect_dense_selection(const typename Case::Pairs& pairs, SelectionSpec spec) {
  spec.backend = Case::backend;
  const Selection got = select(pairs, spec);
  const auto dense = oracle::dense(pairs, spec.interaction());
  const auto want = oracle::dense_select(dense, spec, pairs.ids);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_TRUE(agree(got.scores, want.scores, Case::tolerance));
  EXPECT_EQ(got.statistics.nan_count, want.nan_count);
}

TYPED_TEST(Presets, PickWhatTheDenseSamplerPicks) {
  const auto models = oracle::random_models({70, 6}, 1);
  const auto ids = oracle::shuffled_ids(70, 1);
  for (const auto& [name, preset] : kPresets) {
    for (const ScoreWeights& weights : {kLearnability, kHardLearner, kEasyReference}) {
      SCOPED_TRACE(text(name, " ", weights.learner, " ", weights.reference));
      const SelectionSpec spec{
          .count = 20, .sampling = {.preset = preset, .gain = 3}, .seed = 1u << 31, .step = 9};
      expect_dense_selection<TypeParam>(models.pairs<typename TypeParam::Pairs>(weights), spec);
      SelectionSpec named = spec;
      named.sampling.interaction.value = -0.5;
      auto pairs = models.pairs<typename TypeParam::Pairs>(weights);
      pairs.ids = ids;
      expect_dense_selection<TypeParam>(pairs, named);
    }
  }
}

TYPED_TEST(Presets, PickWhatTheDenseSamplerPicksForRandomShapes) {
  std::mt19937_64 random(17);
  for (int trial = 0; trial < 40; ++trial) {
    const auto rows = static_cast<std::int64_t>(1 + random() % 140);
    const auto cols = static_cast<std::int64_t>(1 + random() % (trial % 3 == 0 ? 1 : 30));
    const auto count = static_cast<std::int64_t>(1 + random() % rows);
    const auto chunks = static_cast<std::int64_t>(1 + random() % count);
    SCOPED_TRACE(text("B ", rows, " d ", cols, " b ", count, " N ", chunks));
    const auto models = oracle::random_models({rows, cols, trial % 2}, random());
    expect_dense_selection<TypeParam>(
        models.pairs<typename TypeParam::Pairs>(),
        {.count = count, .sampling = {.chunks = chunks, .gain = 2}, .seed = random()});
  }
}

TYPED_TEST(Presets, SetNanRowsAsideLikeTheDenseSampler) {
  auto models = oracle::random_models({50, 6}, 3);
  models.learner.x_row(4)[0] = NAN;
  models.reference.y_row(9)[5] = NAN;
  models.reference.x_row(4)[1] = NAN;
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    expect_dense_selection<TypeParam>(models.pairs<typename TypeParam::Pairs>(),
                                      {.count = 20, .sampling = {.preset = preset, .gain = 2}});
  }
}

TYPED_TEST(Presets, ChangeNothingButPositionsWhenCandidatesArePermuted) {
  const auto models = oracle::random_models({90, 6}, 5);
  Positions order(90);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(2));
  auto moved = models;
  for (std::int64_t i = 0; i < 90; ++i) {
    for (auto side : {&oracle::Embeddings::x, &oracle::Embeddings::y}) {
      for (auto model : {&oracle::TwoModels::learner, &oracle::TwoModels::reference}) {
        const auto cols = (models.*model).shape.cols;
        std::copy_n((models.*model.*side).begin() + order[i] * cols, cols,
                    (moved.*model.*side).begin() + i * cols);
      }
    }
  }
  const auto ids = oracle::shuffled_ids(90, 4);
  Positions moved_ids;
  for (const std::int64_t i : order) moved_ids.push_back(ids[i]);
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    const SelectionSpec spec{
        .count = 30, .sampling = {.preset = preset, .gain = 2}, .backend = TypeParam::backend};
    auto pairs = models.pairs<typename TypeParam::Pairs>();
    pairs.ids = ids;
    auto moved_pairs = moved.pairs<typename TypeParam::Pairs>();
    moved_pairs.ids = moved_ids;
    const auto before = select(pairs, spec);
    const auto after = select(moved_pairs, spec);
    Positions mapped;
    for (const std::int64_t i : after.indices) mapped.push_back(order[i]);
    EXPECT_EQ(mapped, before.indices);
    EXPECT_TRUE(agree(after.scores, before.scores));
  }
}

TYPED_TEST(Presets, AnyNumberOfThreadsPicksTheSameToTheLastBit) {
  const auto models = oracle::random_models({64 * 32 * 3 + 11, 24}, 13);
  const auto pairs = models.pairs<typename TypeParam::Pairs>();
  SelectionSpec spec{
      .count = 200, .sampling = {.chunks = 4}, .seed = 3, .backend = TypeParam::backend};
  ASSERT_EQ((plain::RowTiles{pairs.candidates(), plain::kTileRows, 3}.workers()), 3);
  ASSERT_GT(2 * 50 * (pairs.candidates() - 200) * 24, 3 * cpu::Engine{}.multiply_adds_per_thread);
  const auto one = select(pairs, spec);
  for (spec.threads = 2; spec.threads <= 3; ++spec.threads) {
    const auto more = select(pairs, spec);
    EXPECT_EQ(more.indices, one.indices);
    EXPECT_EQ(more.scores, one.scores);
  }
}

}  // namespace
}  // namespace jest
