// Two stages: what thins a super-batch, and what picks from the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <set>

#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/scorer.hpp"
#include "jest/scorers/wrappers.hpp"
#include "jest/train/trainer.hpp"
#include "oracle/chi_square.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_towers.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest::testing {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;

constexpr std::int64_t kDrawn = 40;
constexpr std::int64_t kCount = 6;

/// Candidate i's loss is scale · rank_of(i): distinct, and in another order than the ids.
std::int64_t rank_of(std::int64_t i) { return i * 7 % kDrawn; }

struct Cascaded {
  SmallTowers model = make_towers(1);
  SmallTowers guide = make_towers(2);
  torch::optim::SGD optimizer{model->parameters(), 0.1};
  Learner<SmallTowers> learner{model, optimizer};
  ReferenceModel<SmallTowers> reference{guide};
  JointExampleScorer<SmallTowers, ReferenceModel<SmallTowers>> scorer{
      learner, reference, {.count = kCount, .sampling = {.chunks = 3}, .seed = 11}};
  VectorPairs batch = make_pairs(kDrawn, 3);

  LossStore losses(double scale = 1) const {
    std::vector<float> values;
    for (std::int64_t i = 0; i < kDrawn; ++i) {
      values.push_back(static_cast<float>(scale * static_cast<double>(rank_of(i))));
    }
    return {batch.names, values};
  }
};

TEST(Cascade, ThatKeepsEverybodyIsTheScorerAlone) {
  Cascaded f;
  Cascade cascade(f.scorer, f.losses(), {.keep = kDrawn});
  EXPECT_EQ(cascade.select(f.batch, 5).indices, f.scorer.select(f.batch, 5).indices);
}

TEST(Cascade, RunsTheLearnerOnTheKeptAlone) {
  Cascaded f;
  Cascade cascade(f.scorer, f.losses(), {.keep = 10});
  const ScoredSelection picks = cascade.select(f.batch, 5);
  EXPECT_EQ(picks.scoring.learner_scored, 10);
  EXPECT_EQ(std::set(picks.indices.begin(), picks.indices.end()).size(), kCount);
}

TEST(Cascade, AtAHighGainKeepsTheLowestLosses) {
  Cascaded f;
  Cascade cascade(f.scorer, f.losses(), {.keep = 10, .gain = 1e6});
  for (const std::int64_t i : cascade.select(f.batch, 5).indices) {
    EXPECT_LT(rank_of(i), 10) << i;
  }
}

// The law of one draw of one candidate is the softmax of −gain·loss: kept = count = 1.
TEST(Cascade, DrawsByTheLawOfStageOne) {
  Cascaded f;
  const std::vector<std::int64_t> four = {0, 1, 2, 3};
  const VectorPairs batch = f.batch.at(four);
  UniformScorer one(1, 3);
  Cascade cascade(one, f.losses(0.1), {.keep = 1});
  oracle::Counts counts;
  for (std::int64_t step = 0; step < 20'000; ++step) ++counts[cascade.select(batch, step).indices];
  oracle::Law law;
  double total = 0;
  for (const std::int64_t i : four)
    total += law[{i}] = std::exp(-2 * 0.1 * static_cast<double>(rank_of(i)));
  for (auto& [answer, probability] : law) probability /= total;
  const oracle::Fit fit = oracle::chi_square(counts, law);
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(Cascade, RefusesToKeepFewerThanArePicked) {
  Cascaded f;
  EXPECT_THAT(message_of([&] { Cascade(f.scorer, f.losses(), {.keep = kCount - 1}); }),
              HasSubstr("at least the 6 to be picked as keep, got 5"));
}

TEST(Cascade, LetsASuperBatchOfFewerThanItKeepsThrough) {
  Cascaded f;
  Cascade cascade(f.scorer, f.losses(), {.keep = kDrawn + 1});
  EXPECT_EQ(cascade.select(f.batch, 5).indices, f.scorer.select(f.batch, 5).indices);
}

TEST(Cascade, RefusesAnIdWithoutALoss) {
  Cascaded f;
  Cascade cascade(f.scorer, LossStore(std::span<const std::int64_t>(), {}), {.keep = 10});
  EXPECT_THAT(message_of([&] { cascade.select(f.batch, 0); }), HasSubstr("in the store"));
}

TEST(EmbeddingStore, GivesTheOwnLossesOfItsPairs) {
  Cascaded f;
  const oracle::TemporaryFolder folder;
  const Embeddings e = score_embeddings(f.guide, f.batch, {});
  write_embedding_store(folder.file("s"), {e, torch::tensor(f.batch.names, at::kLong), "f"});
  const EmbeddingStore store(folder.file("s"), "f");
  for (const Contrast contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    const at::Tensor losses = store.own_losses(contrast).gather(f.batch.names);
    EXPECT_TRUE(torch::allclose(losses, own_losses(e, contrast).to(at::kFloat), 1e-6, 1e-6));
  }
}

struct CascadedLossImpl : torch::nn::Module {
  at::Tensor weight = register_parameter("weight", torch::ones({1}));
  at::Tensor losses(const VectorPairs& batch) { return batch.x.select(1, 0) * weight; }
};
TORCH_MODULE(CascadedLoss);

// Nothing is run forward for cached easy-reference selection: it still selects.
TEST(Trainer, SelectsByStoredLossesAlone) {
  Cascaded f;
  CascadedLoss model;
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  Learner<CascadedLoss> learner(model, optimizer);
  ReferenceModel<LossStore> reference{f.losses()};
  JointExampleScorer scorer(learner, reference,
                            {.count = kCount, .sampling = {.gain = 1e6}, .score = kEasyReference});
  RollingSource source{f.batch, kDrawn};
  std::vector<std::int64_t> picked;
  const auto watch = [&](const VectorPairs&, const Selection& selection, std::int64_t) {
    picked = selection.indices;
  };
  Trainer trainer(source, learner, scorer, {.steps = 1}, {.watch_selection = watch});
  trainer.run();
  ASSERT_EQ(std::ssize(picked), kCount);
  for (const std::int64_t i : picked) EXPECT_LT(rank_of(i), kCount) << i;
}

}  // namespace
}  // namespace jest::testing
