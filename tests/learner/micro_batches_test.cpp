// Steps in micro-batches against the gradient of the whole batch, and clipping against its formula.
#include "jest/learner/micro_batches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>
#include <iostream>

#include "jest/learner/learner.hpp"
#include "jest/methods/run.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_towers.hpp"

namespace jest::testing {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;

/// All parameters' gradients in one row.
template <class Model>
at::Tensor gradient(Model& model) {
  std::vector<at::Tensor> all;
  for (const at::Tensor& parameter : model->parameters()) {
    all.push_back(parameter.grad().defined() ? parameter.grad().flatten()
                                             : torch::zeros({parameter.numel()}));
    parameter.mutable_grad() = at::Tensor();
  }
  return torch::cat(all);
}

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

/// Towers whose logit scale is learnt, too.
struct ScaledTowersImpl : torch::nn::Module {
  SmallTowers towers{nullptr};
  at::Tensor scale;

  explicit ScaledTowersImpl(double dropout) {
    torch::manual_seed(1);
    towers = register_module("towers", SmallTowers());
    towers->dropout->options.p(dropout);
    scale = register_parameter("scale", torch::scalar_tensor(2.0F));
  }
  Embeddings embed(const VectorPairs& batch) {
    Embeddings embeddings = towers->embed(batch);
    embeddings.scale = scale.exp();
    return embeddings;
  }
};
TORCH_MODULE(ScaledTowers);

/// A module that gives losses alone.
struct LossesOfImpl : torch::nn::Module {
  torch::nn::Linear x{nullptr};

  explicit LossesOfImpl(std::uint64_t seed) {
    torch::manual_seed(seed);
    x = register_module("x", torch::nn::Linear(kWidth, kWidth));
  }
  at::Tensor token_losses(const VectorPairs& batch) { return (x(batch.x) - batch.y).square(); }
  at::Tensor losses(const VectorPairs& batch) { return token_losses(batch).mean(1); }
};
TORCH_MODULE(LossesOf);

/// Gradient and loss by parts of 7 (the last one smaller) against those of all 30 at once.
template <class Model, class Objective>
void expect_the_whole_gradient(Model model, const Objective& objective) {
  const VectorPairs batch = make_pairs(30, 3);
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  Learner whole(model, optimizer, objective);
  Learner in_parts(model, optimizer, objective, Precision::kAmbient, StepSpec{.micro_batch = 7});
  const double loss = whole.accumulate(batch);
  const at::Tensor expected = gradient(model);
  EXPECT_NEAR(in_parts.accumulate(batch), loss, 1e-6 * std::abs(loss));
  EXPECT_LT(relative_difference(gradient(model), expected), 1e-5);
  EXPECT_GT(expected.norm().template item<double>(), 0);
}

TEST(MicroBatches, GiveTheGradientOfContrastiveLosses) {
  for (const Contrast contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    expect_the_whole_gradient(ScaledTowers(0.0), OwnLoss(contrast));
  }
}

TEST(MicroBatches, GiveTheGradientOfMeanLosses) {
  expect_the_whole_gradient(LossesOf(1), OwnLoss());
}

TEST(MicroBatches, GiveTheGradientOfObjectivesByAReference) {
  ReferenceModel reference{make_towers(5)};
  ReferenceModel of_losses{LossesOf(2)};
  expect_the_whole_gradient(ScaledTowers(0.0), ReferenceWeighted(reference, 0.1));
  expect_the_whole_gradient(LossesOf(1), ReferenceWeighted(of_losses, 0.1));
  expect_the_whole_gradient(LossesOf(1), LearnableTokens(of_losses, 0.4));
  expect_the_whole_gradient(ScaledTowers(0.0), Distilled(reference));
}

TEST(MicroBatches, GiveTheGradientOfAMethodByName) {
  ScaledTowers model(0.0);
  ReferenceModel reference{make_towers(5)};
  for (const char* name : {"jest", "acid"}) {
    const auto objective = objective_of<VectorPairs>(find_method(name), model, reference);
    expect_the_whole_gradient(model, objective);
  }
}

/// Embeds the parts with their graphs at once: what both passes must be, drop for drop.
TEST(MicroBatches, DropTheSameInBothPasses) {
  ScaledTowers model(0.5);
  const VectorPairs batch = make_pairs(30, 3);
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  Learner in_parts(model, optimizer, OwnLoss(), Precision::kAmbient, StepSpec{.micro_batch = 10});
  torch::manual_seed(9);
  in_parts.accumulate(batch);
  const at::Tensor drawn_next = torch::rand({1});
  const at::Tensor found = gradient(model);
  torch::manual_seed(9);
  std::vector<at::Tensor> x, y;
  Embeddings part;
  detail::for_parts(batch, 10, [&](const VectorPairs& rows, std::int64_t) {
    part = model->embed(rows);
    x.push_back(part.x);
    y.push_back(part.y);
  });
  contrastive_loss({torch::cat(x), torch::cat(y), part.scale, part.bias}, Contrast::kSigmoid)
      .backward();
  EXPECT_LT(relative_difference(found, gradient(model)), 1e-5);
  EXPECT_TRUE(drawn_next.equal(torch::rand({1}))) << "as if there had been one pass";
}

struct NormedImpl : torch::nn::Module {
  torch::nn::BatchNorm1d norm{nullptr};
  NormedImpl() { norm = register_module("norm", torch::nn::BatchNorm1d(kWidth)); }
  Embeddings embed(const VectorPairs& batch) { return {norm(batch.x), batch.y, {}, {}}; }
};
TORCH_MODULE(Normed);

TEST(MicroBatches, MoveRunningStatisticsOnceAPart) {
  Normed model;
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient, StepSpec{.micro_batch = 10});
  learner.step(make_pairs(30, 3));
  EXPECT_EQ(model->norm->num_batches_tracked.item<std::int64_t>(), 3);
}

/// Towers of many layers, whose activations are most of what a step holds.
struct DeepTowersImpl : torch::nn::Module {
  static constexpr std::int64_t kDeepWidth = 256, kLayers = 30;
  torch::nn::Sequential layers;

  DeepTowersImpl() {
    torch::manual_seed(1);
    register_module("layers", layers);
    for (int layer = 0; layer < kLayers; ++layer) {
      layers->push_back(torch::nn::Linear(layer == 0 ? kWidth : kDeepWidth, kDeepWidth));
      layers->push_back(torch::nn::Tanh());
    }
  }
  Embeddings embed(const VectorPairs& batch) {
    namespace F = torch::nn::functional;
    return {F::normalize(layers->forward(batch.x)), F::normalize(layers->forward(batch.y)),
            torch::scalar_tensor(5.0F), torch::scalar_tensor(-5.0F)};
  }
};
TORCH_MODULE(DeepTowers);

/// "VmRSS:" now, or "VmHWM:", the largest since forget_peak(), in MiB.
double resident(const std::string& which) {
  std::ifstream status("/proc/self/status");
  double kib = 0;
  for (std::string word; status >> word;) {
    if (word == which && status >> kib) break;
  }
  return kib / 1024;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

TEST(MicroBatches, TakeAFractionOfTheMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep what is freed";
#endif
  constexpr std::int64_t kPairs = 1024;
  DeepTowers model;
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  const VectorPairs batch = make_pairs(kPairs, 3);
  const auto added_by = [&](std::int64_t size) {
    Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient, {.micro_batch = size});
    learner.accumulate(make_pairs(32, 4));  // gradients, and what is made once
    forget_peak();
    const double before = resident("VmRSS:");
    learner.accumulate(batch);
    return resident("VmHWM:") - before;
  };
  const double in_parts = added_by(32);
  const double whole = added_by(0);
  std::cout << "MiB that a step adds: " << whole << " whole, " << in_parts << " in parts of 32\n";
  // Of both towers, what each tanh gave.
  const double activations =
      2.0 * DeepTowersImpl::kLayers * kPairs * DeepTowersImpl::kDeepWidth * 4 / (1 << 20);
  EXPECT_GT(whole, activations);
  EXPECT_LT(in_parts, whole / 2);
}

struct WholeLossImpl : torch::nn::Module {
  WholeLossImpl() { register_parameter("w", torch::ones({1})); }
  at::Tensor loss(const VectorPairs& batch) { return parameters().front().sum() * batch.x.sum(); }
};
TORCH_MODULE(WholeLoss);

TEST(MicroBatches, RefuseALossOfTheWholeBatch) {
  WholeLoss model;
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient, StepSpec{.micro_batch = 10});
  EXPECT_THAT(message_of([&] { learner.step(make_pairs(30, 3)); }),
              HasSubstr("learner, in micro-batches: expected losses of examples or embeddings"));
  EXPECT_GT(learner.accumulate(make_pairs(10, 3)), -1e9) << "which is whole";
}

TEST(StepSpec, RefusesNegativeNumbers) {
  SmallTowers model = make_towers(1);
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  const auto with = [&](const StepSpec& how) {
    return message_of([&] { Learner(model, optimizer, OwnLoss(), Precision::kAmbient, how); });
  };
  EXPECT_THAT(with({.micro_batch = -1}), HasSubstr("a micro-batch of at least 0, got -1"));
  EXPECT_THAT(with({.max_norm = -1}), HasSubstr("a largest norm of at least 0, got -1"));
  EXPECT_THAT(with({.max_norm = std::nan("")}), HasSubstr("got nan"));
}

TEST(StepSpec, ClipsTheNormOfAllGradients) {
  const VectorPairs batch = make_pairs(30, 3);
  const auto moved_by = [&](double max_norm) {
    ScaledTowers model(0.0);
    torch::optim::SGD optimizer(model->parameters(), 1.0);
    const auto before = torch::nn::utils::parameters_to_vector(model->parameters()).clone();
    Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient, {.max_norm = max_norm});
    learner.step(batch);
    return before - torch::nn::utils::parameters_to_vector(model->parameters()).detach();
  };
  const at::Tensor gradient = moved_by(0);
  const double norm = gradient.norm().item<double>();
  EXPECT_LT(relative_difference(moved_by(norm / 3), gradient / 3), 1e-5);
  EXPECT_LT(relative_difference(moved_by(norm * 3), gradient), 1e-6) << "never scaled up";
}

}  // namespace
}  // namespace jest::testing
