// The gradient of a batch as it is recorded, against central differences and by hand.
#include "train/batch_gradients.hpp"

#include <gtest/gtest.h>

#include "oracle/small_towers.hpp"
#include "train/repeated.hpp"

namespace jest::apps::train {
namespace {

using testing::make_pairs;
using testing::make_towers;
using testing::SmallTowers;
using testing::VectorPairs;

double loss_of(SmallTowers& model, const VectorPairs& batch) {
  const at::NoGradGuard no_gradient;
  return sigmoid_loss(model->embed(batch)).item<double>();
}

/// By every element of every parameter but the bias.
std::vector<double> central_differences(SmallTowers& model, const VectorPairs& batch) {
  constexpr double kStep = 1e-6;
  std::vector<double> differences;
  for (const at::Tensor& parameter : model->parameters()) {
    if (parameter.numel() == 1) continue;
    const at::Tensor flat = parameter.detach().view(-1);
    for (std::int64_t k = 0; k < flat.numel(); ++k) {
      flat[k] += kStep;
      const double above = loss_of(model, batch);
      flat[k] -= 2 * kStep;
      const double below = loss_of(model, batch);
      flat[k] += kStep;
      differences.push_back((above - below) / (2 * kStep));
    }
  }
  return differences;
}

VectorPairs in_double(VectorPairs pairs) {
  return {pairs.x.to(at::kDouble), pairs.y.to(at::kDouble), pairs.names};
}

TEST(BatchGradients, AreThoseOfTheLoss) {
  SmallTowers model = make_towers(3);
  model->to(at::kDouble);
  const VectorPairs batch = in_double(make_pairs(7, 1));
  const VectorPairs curated = in_double(make_pairs(5, 2));
  const Values values = batch_gradients(model, batch, curated);

  model->eval();
  const std::vector<double> one = central_differences(model, batch);
  const std::vector<double> other = central_differences(model, curated);
  double product = 0, squares = 0, other_squares = 0;
  for (std::size_t k = 0; k < one.size(); ++k) {
    product += one[k] * other[k];
    squares += one[k] * one[k];
    other_squares += other[k] * other[k];
  }
  EXPECT_NEAR(values.at("gradient_norm"), std::sqrt(squares), 1e-6);
  EXPECT_NEAR(values.at("gradient_cosine"), product / std::sqrt(squares * other_squares), 1e-6);
}

TEST(BatchGradients, SayWhatNegativesMakeUpOfTheLoss) {
  SmallTowers model = make_towers(3);
  const VectorPairs batch = make_pairs(6, 1);
  model->eval();
  const Embeddings of = model->embed(batch);
  const at::Tensor u = (10 * torch::matmul(of.x, of.y.t()) + of.bias).detach();
  double negatives = 0, all = 0;
  for (std::int64_t i = 0; i < 6; ++i) {
    for (std::int64_t j = 0; j < 6; ++j) {
      const double logit = u[i][j].item<double>();
      const double loss = std::log1p(std::exp(i == j ? -logit : logit));
      all += loss;
      if (i != j) negatives += loss;
    }
  }
  EXPECT_NEAR(batch_gradients(model, batch, batch).at("negatives_share"), negatives / all, 1e-5);
}

TEST(BatchGradients, LeaveTheModelAsItWas) {
  SmallTowers model = make_towers(3);
  model->train();
  torch::manual_seed(5);
  const at::Tensor expected = torch::rand(3);
  torch::manual_seed(5);
  const VectorPairs batch = make_pairs(6, 1);
  torch::manual_seed(5);
  EXPECT_NEAR(batch_gradients(model, batch, batch).at("gradient_cosine"), 1, 1e-6);
  EXPECT_TRUE(torch::equal(torch::rand(3), expected)) << "something was drawn";
  EXPECT_TRUE(model->is_training());
  for (const at::Tensor& parameter : model->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(BatchGradients, OfNothingHaveNoDirection) {
  EXPECT_EQ(cosine_between(torch::zeros(3), torch::ones(3)), 0);
  EXPECT_NEAR(cosine_between(torch::ones(3), -2 * torch::ones(3)), -1, 1e-6);
}

TEST(Repeated, CountsExamplesThatShareAnyKey) {
  const std::vector<std::string> x = {"a", "b", "a", "c", "d", "e"};
  const std::vector<int> y = {1, 2, 3, 4, 4, 5};
  const auto of_x = [&](std::int64_t k) { return std::string_view(x[k]); };
  const auto of_y = [&](std::int64_t k) { return y[k]; };
  EXPECT_DOUBLE_EQ(repeated_share(6, of_x), 2.0 / 6);
  EXPECT_DOUBLE_EQ(repeated_share(6, of_x, of_y), 4.0 / 6);
  EXPECT_EQ(repeated_share(0, of_x), 0);
}

}  // namespace
}  // namespace jest::apps::train
