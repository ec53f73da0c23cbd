// The loop: schedules, the optimizer, when it selects and when it stops selecting.
#include "jest/train/trainer.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "jest/train/fused_adam.hpp"
#include "oracle/small_towers.hpp"
#include "train/small_training.hpp"

namespace jest {
namespace {

using testing::make_pairs;
using testing::make_towers;
using testing::SmallTowers;
using testing::Training;

TEST(LearningRate, WarmsUpThenFollowsACosine) {
  const LearningRate rate{.peak = 2, .warmup = 10, .steps = 110, .final_share = 0.1};
  EXPECT_DOUBLE_EQ(rate.at(0), 0.2);
  EXPECT_DOUBLE_EQ(rate.at(9), 2);
  EXPECT_DOUBLE_EQ(rate.at(10), 2);
  EXPECT_NEAR(rate.at(60), 2 * 0.55, 1e-12);
  EXPECT_NEAR(rate.at(110), 0.2, 1e-12);
  EXPECT_NEAR(rate.at(500), 0.2, 1e-12);
  EXPECT_DOUBLE_EQ((LearningRate{.peak = 3}).at(1000), 3);
}

TEST(SelectionSchedule, StartsEndsAndSkips) {
  const SelectionSchedule schedule{.start = 4, .end = 10, .every = 3};
  std::vector<int> selects;
  for (int step = 0; step < 14; ++step) {
    if (schedule.selects(step)) selects.push_back(step);
  }
  EXPECT_EQ(selects, (std::vector<int>{4, 7}));
  EXPECT_EQ(schedule.latest(4), 4);
  EXPECT_EQ(schedule.latest(6), 4);
  EXPECT_EQ(schedule.latest(30), 7);
  EXPECT_THROW(check_schedule({.start = 5, .end = 4}), Error);
  EXPECT_THROW(check_schedule({.every = 0}), Error);
}

TEST(LearnabilityAverage, StopsOnlyWhenTheLearnerBeatsTheReferenceOnAverage) {
  LearnabilityAverage average;
  for (const double value : {1.0, -0.2, -0.3}) average.add(value, 3);
  EXPECT_FALSE(average.learner_beats_reference(3));
  for (int k = 0; k < 5; ++k) average.add(-0.5, 3);
  EXPECT_TRUE(average.learner_beats_reference(3));
  EXPECT_FALSE(average.learner_beats_reference(0));
}

TEST(LearnabilityAverage, PassesOverWhatIsNotFinite) {
  LearnabilityAverage average;
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {1.0, -infinity, 3.0, std::nan("")}) average.add(value, 2);
  EXPECT_EQ(average.seen, 2);
  EXPECT_DOUBLE_EQ(average.mean, 2);
}

TEST(FusedAdam, TakesTheStepsOfLibTorchsAdam) {
  SmallTowers fused = make_towers(1);
  SmallTowers plain = make_towers(1);
  const auto fused_optimizer = fused_adam(fused->parameters(), {.learning_rate = 0.05});
  torch::optim::Adam plain_optimizer(plain->parameters(), 0.05);
  Learner a(fused, *fused_optimizer);
  Learner b(plain, plain_optimizer);
  const auto batch = make_pairs(20, 2);
  for (int step = 0; step < 5; ++step) {
    torch::manual_seed(step);
    a.step(batch);
    torch::manual_seed(step);
    b.step(batch);
  }
  const auto expected = plain->parameters();
  for (std::size_t k = 0; k < expected.size(); ++k) {
    EXPECT_TRUE(fused->parameters()[k].allclose(expected[k], 1e-4, 1e-6));
  }
}

TEST(Trainer, OutsideTheScheduleScoresNothing) {
  TrainerSpec spec{.steps = 10, .selection = {.start = 2, .end = 8, .every = 2}};
  Training setup;
  setup.train(spec);
  EXPECT_EQ(setup.state.examples.scored, 3 * 40);
  EXPECT_EQ(setup.guide->forwards, 3);
  EXPECT_EQ(setup.state.examples.trained, 80);
}

TEST(Trainer, StopsSelectingOnceTheLearnerBeatsTheReference) {
  const TrainerSpec spec{.steps = 10, .selection = {.stop_window = 2}};
  Training unbeaten;
  unbeaten.guide->bias.data().fill_(60.0F);  // own losses of the guide are 0
  unbeaten.train(spec);
  EXPECT_FALSE(unbeaten.state.selection_stopped);
  Training beaten;
  beaten.guide->bias.data().fill_(-60.0F);  // own losses of the guide are about 60
  beaten.train(spec);
  EXPECT_TRUE(beaten.state.selection_stopped);
  EXPECT_EQ(beaten.state.examples.scored, 2 * 40);
}

TEST(Trainer, DrawsOtherMasksOnEachRankAndTheSameAgain) {
  const auto draws = [](std::int64_t step, int rank) {
    detail::seed_step(7, step, rank);
    return torch::rand({8});
  };
  EXPECT_TRUE(torch::equal(draws(3, 1), draws(3, 1)));
  EXPECT_FALSE(torch::equal(draws(3, 1), draws(3, 0)));
  EXPECT_FALSE(torch::equal(draws(3, 1), draws(3, 2)));
  EXPECT_FALSE(torch::equal(draws(3, 1), draws(4, 1)));
}

TEST(Trainer, RefusesImpossibleSpecsAtConstruction) {
  EXPECT_THROW(check_trainer({.steps = 0}), Error);
  EXPECT_THROW(check_trainer({.steps = 1, .evaluate_every = 0}), Error);
  EXPECT_THROW(check_trainer({.steps = 1, .selection = {.every = 0}}), Error);
}

TEST(UniformScorer, DrawsDistinctExamplesAsAFunctionOfSeedAndStep) {
  const auto batch = make_pairs(50, 1);
  const UniformScorer scorer(10, 4);
  EXPECT_EQ(scorer.select(batch, 3).indices, scorer.select(batch, 3).indices);
  EXPECT_NE(scorer.select(batch, 3).indices, scorer.select(batch, 4).indices);
}

}  // namespace
}  // namespace jest
