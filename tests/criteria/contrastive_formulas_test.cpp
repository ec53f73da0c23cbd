#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "jest/criteria/contrastive.hpp"
#include "oracle/agree.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::agree;

constexpr double kFarthest = std::numeric_limits<double>::infinity();

TEST(Softplus, IsTheLogarithmOfOnePlusTheExponential) {
  for (double u = -30; u <= 30; u += 0.37) {
    EXPECT_TRUE(agree(softplus(u), std::log(1 + std::exp(u)), 1e-13)) << u;
  }
}

TEST(Softplus, IsRightToTwoUnitsInTheLastPlace) {
  for (double u = -700; u <= 700; u += 0.0137) {
    const long double exact = std::fmax(static_cast<long double>(u), 0.0L) +
                              std::log1p(std::exp(-std::fabs(static_cast<long double>(u))));
    const double ulp = std::ldexp(1.0, std::ilogb(static_cast<double>(exact)) - 52);
    EXPECT_LE(std::fabs(static_cast<long double>(softplus(u)) - exact), 2 * ulp) << u;
  }
}

TEST(Softplus, NeitherOverflowsNorVanishesEarly) {
  EXPECT_EQ(softplus(1e300), 1e300);
  EXPECT_EQ(softplus(-1e300), 0);
  EXPECT_NEAR(softplus(-50) / std::exp(-50.0), 1, 1e-12);
  EXPECT_EQ(softplus(kFarthest), kFarthest);
  EXPECT_EQ(softplus(-kFarthest), 0);
  EXPECT_TRUE(std::isnan(softplus(NAN)));
}

TEST(LogAddExp, AddsInTheLogarithm) {
  EXPECT_NEAR(log_add_exp(std::log(2), std::log(3)), std::log(5), 1e-15);
  EXPECT_EQ(log_add_exp(1e4, -1e4), 1e4);
  EXPECT_NEAR(log_add_exp(-1e4, -1e4), -1e4 + std::log(2), 1e-12);
}

TEST(LogAddExp, KeepsEmptySumsInfinitiesAndNan) {
  EXPECT_EQ(log_add_exp(-kFarthest, -kFarthest), -kFarthest);
  EXPECT_EQ(log_add_exp(-kFarthest, 3), 3);
  EXPECT_EQ(log_add_exp(kFarthest, 3), kFarthest);
  EXPECT_EQ(log_add_exp(kFarthest, -kFarthest), kFarthest);
  EXPECT_TRUE(std::isnan(log_add_exp(NAN, kFarthest)));
  EXPECT_TRUE(std::isnan(log_add_exp(1, NAN)));
}

TEST(ContrastivePairs, OfAWeightlessModelAreNotLookedAt) {
  const auto models = oracle::random_models({5, 3}, 1);
  auto pairs = models.pairs<SigmoidPairs>(kHardLearner);
  pairs.reference = {};
  EXPECT_NO_THROW(check_pairs("select", pairs));
  EXPECT_EQ(pairs.candidates(), 5);
  pairs = models.pairs<SigmoidPairs>(kEasyReference);
  pairs.learner = {};
  EXPECT_NO_THROW(check_pairs("select", pairs));
  EXPECT_EQ(pairs.candidates(), 5);
}

TEST(ContrastivePairs, WithUnequalRowsAreRefusedWithBothNumbers) {
  const auto models = oracle::random_models({5, 3}, 1);
  const auto others = oracle::random_models({6, 3}, 1);
  auto pairs = models.pairs<SoftmaxPairs>();
  pairs.reference = others.reference.view();
  const std::string message = oracle::message_of([&] { check_pairs("select", pairs); });
  EXPECT_NE(message.find("5 and 6"), std::string::npos) << message;
}

}  // namespace
}  // namespace jest
