// The learner in other people's loops: parameter groups, running statistics, functions as models.
#include "jest/learner/learner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/learner/callables.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/torch/tensor_batch.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_towers.hpp"

namespace jest::testing {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;
using Groups = std::vector<torch::optim::OptimizerParamGroup>;

torch::optim::OptimizerParamGroup group_of(const torch::nn::Linear& part, double rate) {
  return {part->parameters(), std::make_unique<torch::optim::SGDOptions>(rate)};
}

TEST(Learner, KeepsTheRatiosOfParameterGroups) {
  SmallTowers model = make_towers(1);
  torch::optim::SGD optimizer(Groups{group_of(model->x, 1e-3), group_of(model->y, 1e-5)}, 1e-3);
  Learner learner{model, optimizer};
  for (const double rate : {5e-4, 2e-3}) {
    learner.set_learning_rate(rate);
    EXPECT_EQ(optimizer.param_groups()[0].options().get_lr(), rate);
    EXPECT_DOUBLE_EQ(optimizer.param_groups()[1].options().get_lr(), rate / 100);
  }
  optimizer.add_param_group(group_of(model->y, 1));
  EXPECT_THAT(message_of([&] { learner.set_learning_rate(1); }), HasSubstr("2 parameter groups"));
}

struct NormedTowersImpl : torch::nn::Module {
  torch::nn::BatchNorm1d norm{nullptr};
  NormedTowersImpl() { norm = register_module("norm", torch::nn::BatchNorm1d(kWidth)); }
  Embeddings embed(const VectorPairs& batch) { return {norm(batch.x), batch.y, {}, {}}; }
};
TORCH_MODULE(NormedTowers);

TEST(Scoring, InTrainingModeLeavesRunningStatisticsAsTheyWere) {
  NormedTowers model;
  const at::Tensor mean = model->norm->running_mean.clone();
  const at::Tensor batches = model->norm->num_batches_tracked.clone();
  const VectorPairs batch = make_pairs(20, 3);
  const Embeddings scored = score_embeddings(model, batch, {.mode = ScoringMode::kTrain});
  EXPECT_TRUE(scored.x.mean(0).abs().max().item<double>() < 1e-5) << "it normalised by the batch";
  EXPECT_TRUE(model->norm->running_mean.equal(mean));
  EXPECT_TRUE(model->norm->num_batches_tracked.equal(batches));
  model->train();
  model->embed(batch);
  EXPECT_FALSE(model->norm->running_mean.equal(mean)) << "training moves them";
}

struct MeanLossImpl : torch::nn::Module {
  at::Tensor losses(const VectorPairs& batch) { return batch.x.mean(); }
};
TORCH_MODULE(MeanLoss);

TEST(Scoring, OfAMeanLossSaysWhatIsWanted) {
  MeanLoss model;
  EXPECT_THAT(
      message_of([&] { score_losses(model, make_pairs(20, 3), {}); }),
      HasSubstr(
          "score losses of the model: expected 20 rows, one an example (no mean over the batch), "
          "got 0"));
}

TEST(Scoring, OfAMeanLossSaysWhoseItIs) {
  MeanLoss model;
  SmallTowers towers = make_towers(1);
  torch::optim::SGD optimizer(towers->parameters(), 0.1);
  Learner learner{model, optimizer};
  ReferenceModel reference{model};
  JointExampleScorer by_learner{learner, reference, {.count = 6}};
  EXPECT_THAT(message_of([&] { by_learner.select(make_pairs(20, 3), 0); }),
              HasSubstr("losses of the learner: expected 20 rows, one an example"));
  JointExampleScorer by_reference{learner, reference, {.count = 6, .score = kEasyReference}};
  EXPECT_THAT(message_of([&] { by_reference.select(make_pairs(20, 3), 0); }),
              HasSubstr("losses of the reference: expected 20 rows, one an example"));
}

TEST(WithLosses, MakesAModelOfAModuleAndAFunction) {
  torch::manual_seed(1);
  torch::nn::Linear network(4, 3);
  auto model = with_losses(network, [](torch::nn::Linear& net, const TensorBatch& batch) {
    return torch::nn::functional::cross_entropy(
        net(batch[0]), batch[1],
        torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
  });
  torch::optim::SGD optimizer(network->parameters(), 0.1);
  Learner learner{model, optimizer};
  const TensorBatch batch{torch::arange(30, at::kLong),
                          {torch::randn({30, 4}), torch::randint(3, {30}, at::kLong)}};
  NoReference none;
  JointExampleScorer scorer{learner, none, {.count = 6, .score = kHardLearner}};
  const at::Tensor before = network->weight.clone();
  const double first = learner.step(batch.at(scorer.select(batch, 0).indices));
  EXPECT_GT(first, 0);
  EXPECT_FALSE(network->weight.equal(before));
  EXPECT_EQ(learner.state().size(), 2U);
}

TEST(WithEmbed, MakesAModelOfAModuleAndAFunction) {
  SmallTowers towers = make_towers(1);
  auto model = with_embed(
      towers, [](SmallTowers& net, const VectorPairs& batch) { return net->embed(batch); });
  torch::optim::SGD optimizer(towers->parameters(), 0.1);
  Learner learner{model, optimizer};
  ReferenceModel reference{make_towers(2)};
  JointExampleScorer scorer{learner, reference, {.count = 6, .seed = 3}};
  const VectorPairs batch = make_pairs(30, 3);
  SmallTowers plain = make_towers(1);
  torch::optim::SGD plain_optimizer(plain->parameters(), 0.1);
  Learner plain_learner{plain, plain_optimizer};
  JointExampleScorer plain_scorer{plain_learner, reference, {.count = 6, .seed = 3}};
  EXPECT_EQ(scorer.select(batch, 0).indices, plain_scorer.select(batch, 0).indices);
}

}  // namespace
}  // namespace jest::testing
