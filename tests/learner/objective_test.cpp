// What a learner is trained by: distillation, weights by a reference, a function of the user's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oracle/message_of.hpp"
#include "oracle/small_towers.hpp"

namespace jest {
namespace {

using testing::make_pairs;
using testing::make_towers;
using testing::SmallTowers;
using testing::VectorPairs;

class Objectives : public ::testing::Test {
 protected:
  Objectives() {
    model_->eval();  // no dropout: forwards repeat
    guide_->eval();
  }

  SmallTowers model_ = make_towers(1);
  SmallTowers guide_ = make_towers(2);
  ReferenceModel<SmallTowers> reference_{guide_};
  torch::optim::SGD optimizer_{model_->parameters(), 0.1};
  VectorPairs batch_ = make_pairs(10, 3);
};

TEST_F(Objectives, DistilledAddsTheTeachersMatching) {
  const Embeddings student = model_->embed(batch_);
  const Embeddings teacher = guide_->embed(batch_);
  const at::Tensor expected = sigmoid_loss(student) + 0.3 * distillation_loss(student, teacher);
  const at::Tensor loss = Distilled(reference_, {.weight = 0.3})(model_, batch_);
  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-6);
  loss.backward();
  for (const auto& parameter : guide_->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST_F(Objectives, DistillationLeadsToTheTeachersMatching) {
  Learner learner(model_, optimizer_, Distilled(reference_, {.weight = 5}));
  const auto distance = [&] {
    const torch::NoGradGuard no_gradient;
    model_->eval();
    return distillation_loss(model_->embed(batch_), guide_->embed(batch_)).item<double>();
  };
  const double before = distance();
  for (int step = 0; step < 60; ++step) learner.step(batch_);
  EXPECT_LT(distance(), before - 0.3);
}

TEST_F(Objectives, WeightsFollowWhatTheLearnerLosesMoreThanTheReference) {
  // The gradient is that of Σ p_i ℓ_i with p = softmax((ℓ − r)/τ) held fast.
  constexpr double kTemperature = 0.5;
  ReferenceWeighted(reference_, kTemperature)(model_, batch_).backward();
  const at::Tensor gradient = model_->x->weight.grad().clone();
  model_->zero_grad();
  const at::Tensor losses = contrastive_losses(model_->embed(batch_), Contrast::kSigmoid);
  const at::Tensor reference = contrastive_losses(guide_->embed(batch_), Contrast::kSigmoid);
  const at::Tensor weights = ((losses - reference) / kTemperature).softmax(0).detach();
  (weights * losses).sum().backward();
  EXPECT_TRUE(gradient.allclose(model_->x->weight.grad(), 1e-4, 1e-6));
  EXPECT_GT(weights.max().item<double>(), 0.2) << "weights differ, so that the test can fail";
}

TEST_F(Objectives, AtAHighTemperatureWeightsAreEqual) {
  ReferenceWeighted(reference_, 1e6)(model_, batch_).backward();
  const at::Tensor gradient = model_->x->weight.grad().clone();
  model_->zero_grad();
  sigmoid_loss(model_->embed(batch_)).backward();
  EXPECT_TRUE(gradient.allclose(model_->x->weight.grad(), 1e-2, 1e-4));
}

TEST_F(Objectives, ACallableOfTheUsersTakesTheirPlace) {
  Learner learner(model_, optimizer_, [](SmallTowers& model, const VectorPairs& batch) {
    return 2 * sigmoid_loss(model->embed(batch));
  });
  Learner plain(model_, optimizer_);
  EXPECT_FLOAT_EQ(learner.loss(batch_).item<float>(), 2 * plain.loss(batch_).item<float>());
  Learner softmax(model_, optimizer_, Contrast::kSoftmax);
  EXPECT_FLOAT_EQ(softmax.loss(batch_).item<float>(),
                  softmax_loss(model_->embed(batch_)).item<float>());
}

TEST_F(Objectives, ImpossibleNumbersAreRefused) {
  EXPECT_THAT(oracle::message_of([&] { Distilled(reference_, {.weight = 0}); }),
              ::testing::HasSubstr("a weight above 0"));
  EXPECT_THAT(oracle::message_of([&] { ReferenceWeighted(reference_, -1); }),
              ::testing::HasSubstr("a temperature above 0"));
}

}  // namespace
}  // namespace jest
