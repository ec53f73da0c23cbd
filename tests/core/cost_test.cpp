#include "jest/core/cost.hpp"

#include <gtest/gtest.h>

namespace jest {
namespace {

constexpr IterationCost kCost{.super_batch_ratio = 5};  // f = 0.8

TEST(Cost, OfAnIterationRelativeToUniformAtFilterRatioFourFifths) {
  EXPECT_DOUBLE_EQ(kCost.joint_reusing_forward(), 7.0 / 3);
  EXPECT_DOUBLE_EQ(kCost.joint_cached(), 8.0 / 3);
  EXPECT_DOUBLE_EQ(kCost.joint_live(), 13.0 / 3);
  EXPECT_NEAR(kCost.flexi(0.28, 0.5), 1.107, 5e-4);
}

TEST(Cost, OfFlexiWithoutApproximationIsThatOfTrainingAndScoringEverything) {
  EXPECT_DOUBLE_EQ(kCost.flexi(1, 0.5), kCost.joint_cached());
}

/// FLOPs of one iteration in which 1 of 5 examples is picked, relative to uniform's.
double relative_flops(const ExampleCounts& examples) {
  const ForwardFlops forward{.learner = 1e9, .reference = 1e9};
  return count_flops(examples, forward).run() / count_flops({.trained = 100}, forward).run();
}

TEST(Cost, CountedFromExamplesReproducesTheRatios) {
  EXPECT_DOUBLE_EQ(relative_flops({.trained = 100, .scored = 400}), 7.0 / 3);
  EXPECT_DOUBLE_EQ(relative_flops({.trained = 100, .scored = 500}), 8.0 / 3);
  EXPECT_DOUBLE_EQ(relative_flops({.trained = 100, .scored = 400, .reference_scored = 500}), 4.0);
  EXPECT_DOUBLE_EQ(relative_flops({.trained = 100, .scored = 500, .reference_scored = 500}),
                   13.0 / 3);
}

TEST(Cost, KeepsWhatIsPaidOnceOnLinesOfItsOwn) {
  const FlopCount flops = count_flops({.trained = 1,
                                       .scored = 10,
                                       .reference_scored = 100,
                                       .reference_trained = 1000,
                                       .pool_embedded = 10000},
                                      {.learner = 2, .reference = 5});
  EXPECT_EQ(flops.learner_training, 6);
  EXPECT_EQ(flops.learner_scoring, 20);
  EXPECT_EQ(flops.reference_scoring, 500);
  EXPECT_EQ(flops.reference_training, 15000);
  EXPECT_EQ(flops.pool_embedding, 50000);
  EXPECT_EQ(flops.run(), 526);
  EXPECT_EQ(flops.all_in(), 65526);
}

TEST(Cost, OfTheSelectionCountsThePairsThatAreTouched) {
  // 12 picks of 100 in 4 rounds of 3: after each of three rounds, every candidate that remains.
  const double remaining = 3 * (97 + 94 + 91);
  const double pairs = selection_pairs(100, 12, 4);
  EXPECT_DOUBLE_EQ(pairs, 0.75 * 12 * 94);
  EXPECT_NEAR(pairs, remaining, 3 * 12);
  EXPECT_DOUBLE_EQ(selection_flops(100, 12, 4, 64), 8 * 64 * pairs);
  EXPECT_EQ(selection_flops(100, 12, 1, 64), 0);
}

}  // namespace
}  // namespace jest
