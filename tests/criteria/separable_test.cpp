#include "jest/criteria/separable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/message_of.hpp"

namespace jest {
namespace {

using oracle::message_of;

const std::vector<float> kLearner{3, 1, 4, 1.5F, 5.5F, 9.25F, 2.125F, 6};
const std::vector<float> kReference{2, 7, 1, 8, 2, 8, 1, 8};

TEST(Separable, ScoresAreTheWeighedDifferenceOfLosses) {
  const SeparableScores state({kLearner, kReference}, {2, 0.5});
  for (std::size_t i = 0; i < kLearner.size(); ++i) {
    EXPECT_DOUBLE_EQ(state.scores()[i], 2.0 * kLearner[i] - 0.5 * kReference[i]);
  }
}

TEST(Separable, LeavesOutAModelWithoutWeight) {
  EXPECT_THAT(SeparableScores({kLearner, {}}, kHardLearner).scores(),
              ::testing::ElementsAreArray(kLearner));
  EXPECT_THAT(SeparableScores({{}, kReference}, kEasyReference).scores(),
              ::testing::ElementsAre(-2, -7, -1, -8, -2, -8, -1, -8));
}

TEST(Separable, RefusesUnequalLengths) {
  const std::vector<float> shorter(3);
  const std::string message = message_of([&] { SeparableScores({kLearner, shorter}); });
  EXPECT_NE(message.find("8 and 3"), std::string::npos) << message;
}

TEST(Separable, AnyNumberOfChunksGivesTheSameRanking) {
  SeparableScores state({kLearner, kReference});
  const auto topk = select(state, {.count = 6, .sampling = {.preset = Preset::kTopK}});
  const auto greedy = select(state, {.count = 6, .sampling = {.preset = Preset::kGreedy}});
  EXPECT_EQ(topk.indices, greedy.indices);
  EXPECT_EQ(topk.scores, greedy.scores);
  // At a gain that drowns the noise the joint preset ranks too.
  for (std::int64_t chunks = 1; chunks <= 6; ++chunks) {
    const auto joint = select(state, {.count = 6, .sampling = {.chunks = chunks, .gain = 1e6}});
    EXPECT_EQ(joint.indices, topk.indices) << chunks;
  }
}

TEST(Separable, NanLossesAreKeptForTheSamplerToSetAside) {
  std::vector<float> learner = kLearner;
  learner[5] = NAN;
  SeparableScores state({learner, kReference});
  const auto picks = select(state, {.count = 7, .sampling = {.preset = Preset::kTopK}});
  EXPECT_EQ(picks.statistics.nan_count, 1);
  EXPECT_THAT(picks.indices, ::testing::Not(::testing::Contains(5)));
}

}  // namespace
}  // namespace jest
