// Models run for their scores: what they must answer, in parts, and what is left behind.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/scorers/joint_example_scorer.hpp"
#include "oracle/small_towers.hpp"

namespace jest {
namespace {

using testing::make_pairs;
using testing::VectorPairs;

/// Forgets the last pair of every batch.
struct ForgetfulTowersImpl : testing::SmallTowersImpl {
  Embeddings embed(const VectorPairs& batch) {
    Embeddings all = testing::SmallTowersImpl::embed(batch);
    const std::int64_t rows = all.x.size(0) - 1;
    return {all.x.slice(0, 0, rows), all.y.slice(0, 0, rows), all.scale, all.bias};
  }
};
TORCH_MODULE(ForgetfulTowers);

TEST(Scoring, RefusesAModelThatAnswersForTooFewExamples) {
  ForgetfulTowers model;
  const VectorPairs batch = make_pairs(20, 1);
  for (const std::int64_t micro_batch : {0, 7}) {
    EXPECT_THROW(score_embeddings(model, batch, {.micro_batch = micro_batch}), Error);
  }
}

/// Makes its mask when it is first run, as caches of masks and positions are made.
struct LazyTowersImpl : testing::SmallTowersImpl {
  at::Tensor mask;

  Embeddings embed(const VectorPairs& batch) {
    if (!mask.defined()) mask = torch::ones({testing::kWidth});
    Embeddings embeddings = SmallTowersImpl::embed(batch);
    embeddings.x = embeddings.x * mask;
    return embeddings;
  }
};
TORCH_MODULE(LazyTowers);

TEST(Scoring, LeavesWhatAModelKeepsFitForTraining) {
  LazyTowers towers;
  torch::optim::SGD optimizer(towers->parameters(), 0.1);
  Learner learner(towers, optimizer);
  const auto batch = make_pairs(10, 3);
  score_embeddings(towers, batch, {});
  EXPECT_GT(learner.step(batch), 0);
}

struct TokenModelImpl : torch::nn::Module {
  std::vector<std::int64_t> sizes;

  at::Tensor token_losses(const VectorPairs& batch) {
    sizes.push_back(batch.x.size(0));
    return batch.x;
  }
};
TORCH_MODULE(TokenModel);

TEST(Scoring, TokenLossesComeInMicroBatches) {
  TokenModel model;
  const auto batch = make_pairs(10, 3);
  EXPECT_TRUE(score_token_losses(model, batch, {.micro_batch = 4}).equal(batch.x));
  EXPECT_EQ(model->sizes, (std::vector<std::int64_t>{4, 4, 2}));
}

struct DoubleByDefault {
  DoubleByDefault() { c10::set_default_dtype(caffe2::TypeMeta::Make<double>()); }
  ~DoubleByDefault() { c10::set_default_dtype(before); }

  caffe2::TypeMeta before = c10::get_default_dtype();
};

TEST(LossStore, IsFloat32WhateverLibTorchsDefaultIs) {
  const std::vector<std::int64_t> ids{3, 5};
  const std::vector<float> losses{0.5F, 0.25F};
  const DoubleByDefault around;
  EXPECT_TRUE(LossStore(ids, losses).gather(ids).equal(torch::tensor({0.5F, 0.25F}, at::kFloat)));
}

}  // namespace
}  // namespace jest
