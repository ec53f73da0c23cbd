// Mixed precision: on for forward passes, for as long as a scope lasts, and never where it hurts.
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/torch/tensor_sketch.hpp"
#include "jest/train/fused_adam.hpp"
#include "oracle/small_towers.hpp"

namespace jest {
namespace {

using jest::testing::make_pairs;
using jest::testing::make_towers;

bool casts() { return at::autocast::is_autocast_enabled(at::kCPU); }

at::ScalarType type_of_a_product() {
  return torch::mm(torch::ones({2, 2}), torch::ones({2, 2})).scalar_type();
}

TEST(Autocast, LastsAsLongAsItsScope) {
  const auto type = at::autocast::get_autocast_dtype(at::kCPU);
  at::autocast::set_autocast_dtype(at::kCPU, at::kHalf);
  {
    const AutocastGuard on(at::kCPU, Precision::kBfloat16);
    EXPECT_EQ(type_of_a_product(), at::kBFloat16);
    {
      const AutocastGuard unchanged(at::kCPU, Precision::kAmbient);
      EXPECT_EQ(type_of_a_product(), at::kBFloat16);
      const AutocastGuard off(at::kCPU, Precision::kFull);
      EXPECT_EQ(type_of_a_product(), at::kFloat);
    }
    EXPECT_EQ(type_of_a_product(), at::kBFloat16);
    try {
      const AutocastGuard off(at::kCPU, Precision::kFull);
      throw Error("leaves the scope");
    } catch (const Error&) {
    }
    EXPECT_TRUE(casts());
  }
  EXPECT_FALSE(casts());
  EXPECT_EQ(at::autocast::get_autocast_dtype(at::kCPU), at::kHalf);
  at::autocast::set_autocast_dtype(at::kCPU, type);
}

/// Scores of bfloat16 products: close to the others, and not the same.
TEST(Autocast, ScoresInTheStatedPrecision) {
  auto towers = make_towers(1);
  const auto batch = make_pairs(40, 2);
  const at::Tensor full = score_embeddings(towers, batch, {}).x;
  const ScoringSpec narrow{.micro_batch = 16, .precision = Precision::kBfloat16};
  const at::Tensor cast = score_embeddings(towers, batch, narrow).x.to(at::kFloat);
  EXPECT_FALSE(cast.equal(full));
  EXPECT_TRUE(cast.allclose(full, 0, 2e-2));
  EXPECT_FALSE(casts());
  const AutocastGuard around(at::kCPU, Precision::kBfloat16);
  EXPECT_TRUE(score_embeddings(towers, batch, {.micro_batch = 16}).x.to(at::kFloat).equal(cast));
  EXPECT_TRUE(score_embeddings(towers, batch, {.precision = Precision::kFull}).x.equal(full));
}

/// LibTorch keeps casts within a scope; one kept longer would not see what an optimizer did.
TEST(Autocast, CastsParametersAnewInEveryScope) {
  torch::nn::Linear linear(4, 4);
  const auto product = [&] {
    const AutocastGuard on(at::kCPU, Precision::kBfloat16);
    return linear(torch::ones({1, 4}));
  };
  EXPECT_FALSE(product().eq(0).all().item<bool>());
  const torch::NoGradGuard no_gradient;
  for (at::Tensor& parameter : linear->parameters()) parameter.zero_();
  EXPECT_TRUE(product().eq(0).all().item<bool>());
}

/// Casts of parameters that scoring has made must not take the place of those with a gradient.
TEST(Autocast, TrainsAfterScoringInOneScope) {
  auto towers = make_towers(1);
  const auto batch = make_pairs(40, 2);
  const AutocastGuard around(at::kCPU, Precision::kBfloat16);
  score_embeddings(towers, batch, {});
  sigmoid_loss(towers->embed(batch)).backward();
  for (const at::Tensor& parameter : towers->parameters()) {
    ASSERT_TRUE(parameter.grad().defined());
    EXPECT_GT(parameter.grad().abs().sum().item<double>(), 0);
  }
}

TEST(Autocast, TrainsInTheStatedPrecision) {
  const auto batch = make_pairs(64, 3);
  const auto trained = [&](Precision precision) {
    auto towers = make_towers(1);
    const auto optimizer = fused_adam(towers->parameters(), {.learning_rate = 1e-2});
    Learner learner(towers, *optimizer, Contrast::kSigmoid, precision);
    std::vector<double> losses;
    for (int step = 0; step < 40; ++step) {
      torch::manual_seed(step);
      losses.push_back(learner.step(batch));
    }
    for (const at::Tensor& parameter : towers->parameters()) {
      EXPECT_EQ(parameter.scalar_type(), at::kFloat);
      EXPECT_EQ(parameter.grad().scalar_type(), at::kFloat);
    }
    return losses;
  };
  const auto full = trained(Precision::kFull);
  const auto cast = trained(Precision::kBfloat16);
  EXPECT_EQ(full, trained(Precision::kAmbient));
  EXPECT_NE(full, cast);
  EXPECT_NEAR(full.front(), cast.front(), 2e-2 * full.front());
  EXPECT_LT(cast.back(), 0.8 * cast.front());
  EXPECT_NEAR(full.back(), cast.back(), 0.1 * full.back());
}

TEST(Autocast, LeavesContrastiveLossesInFloat32) {
  const auto wide = score_embeddings(*std::make_unique<jest::testing::SmallTowers>(make_towers(1)),
                                     make_pairs(40, 2), {});
  Embeddings narrow = wide;
  narrow.x = wide.x.to(at::kBFloat16);
  narrow.y = wide.y.to(at::kBFloat16);
  Embeddings rounded = wide;
  rounded.x = narrow.x.to(at::kFloat);
  rounded.y = narrow.y.to(at::kFloat);
  for (const Contrast contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    const at::Tensor loss = contrastive_loss(narrow, contrast);
    EXPECT_EQ(loss.scalar_type(), at::kFloat);
    EXPECT_TRUE(loss.equal(contrastive_loss(rounded, contrast)));
  }
}

TEST(Autocast, LeavesGradientFeaturesInFloat32) {
  torch::manual_seed(4);
  const at::Tensor logits = torch::randn({3, 5, 16});
  const at::Tensor hidden = torch::randn({3, 5, 8});
  const at::Tensor targets = torch::randint(16, {3, 5});
  const TensorSketch sketch({.errors = 16, .hidden = 8, .width = 32, .seed = 7});
  const at::Tensor want = sketch.features(loss_errors(logits, targets), hidden);
  const AutocastGuard around(at::kCPU, Precision::kBfloat16);
  EXPECT_TRUE(sketch.features(loss_errors(logits, targets), hidden).equal(want));
}

}  // namespace
}  // namespace jest
