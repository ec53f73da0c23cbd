// Super-batches of fewer candidates than are picked, and picks that are a share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/scorer.hpp"
#include "jest/scorers/wrappers.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_towers.hpp"

namespace jest::testing {
namespace {

using oracle::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct ShortSetting {
  SmallTowers model = make_towers(1);
  SmallTowers guide = make_towers(2);
  torch::optim::SGD optimizer{model->parameters(), 0.1};
  Learner<SmallTowers> learner{model, optimizer};
  ReferenceModel<SmallTowers> reference{guide};
  VectorPairs last = make_pairs(3, 3);

  AnyScorer<VectorPairs> scorer(const ScorerSpec& spec) {
    return JointExampleScorer(learner, reference, spec);
  }
};

TEST(Shortage, RefusesTakesAllOrSkips) {
  ShortSetting s;
  EXPECT_THAT(message_of([&] { s.scorer({.count = 8}).select(s.last, 0); }),
              HasSubstr("a count between 1 and the 3 candidates, got 8"));
  auto take = s.scorer({.count = 8, .shortage = Shortage::kTakeAll});
  const ScoredSelection all = take.select(s.last, 0);
  EXPECT_THAT(all.indices, ElementsAre(0, 1, 2));
  EXPECT_TRUE(std::isnan(all.scores.front()));
  EXPECT_EQ(all.scoring.learner_scored, 0);
  EXPECT_EQ(s.model->forwards, 0);
  EXPECT_EQ(take.count(3), 3);
  EXPECT_EQ(take.select(make_pairs(40, 3), 0).indices.size(), 8U);
  auto skip = s.scorer({.count = 8, .shortage = Shortage::kSkip});
  EXPECT_THAT(skip.select(s.last, 0).indices, IsEmpty());
  EXPECT_EQ(skip.count(3), 0);
  UniformScorer uniform({.count = 8, .shortage = Shortage::kTakeAll}, 1);
  EXPECT_THAT(uniform.select(s.last, 0).indices, ElementsAre(0, 1, 2));
}

TEST(Shortage, OfASuperBatchWithoutIdsNamesThem) {
  ShortSetting s;
  s.last.names.clear();
  EXPECT_THAT(
      message_of([&] { s.scorer({.count = 2}).select(s.last, 0); }),
      HasSubstr("select: expected a super-batch whose ids() name its candidates, got no id"));
}

TEST(Shortage, IsNoneWhereAShareIsPicked) {
  ShortSetting s;
  auto scorer = s.scorer({.share = 0.2, .seed = 4});
  EXPECT_EQ(scorer.select(s.last, 0).indices.size(), 1U);
  const VectorPairs batch = make_pairs(40, 3);
  EXPECT_EQ(scorer.count(40), 8);
  EXPECT_EQ(scorer.select(batch, 0).indices,
            s.scorer({.count = 8, .seed = 4}).select(batch, 0).indices);
}

TEST(Shortage, AsksForOneOfCountAndShare) {
  ShortSetting s;
  EXPECT_THAT(message_of([&] { s.scorer({.count = 8, .share = 0.5}); }), HasSubstr("both"));
  EXPECT_THAT(message_of([&] { s.scorer({}); }), HasSubstr("a count of at least 1, got 0"));
  EXPECT_THAT(message_of([&] { s.scorer({.share = 1.5}); }), HasSubstr("from 0 to 1, got 1.5"));
}

/// Of both models, so that few strangers are matches to them.
void fit_biases(ShortSetting& s) {
  s.learner.model()->bias.data().fill_(-6.0F);
  s.guide->bias.data().fill_(-6.0F);
}

TEST(PoorReference, IsRemarkedOn) {
  ShortSetting s;
  fit_biases(s);
  const VectorPairs batch = make_pairs(40, 3);
  EXPECT_EQ(s.scorer({.count = 8}).select(batch, 0).scoring.remark, "");
  s.guide->bias.data().fill_(-60.0F);  // it loses about 60 on every pair
  EXPECT_EQ(s.scorer({.count = 8}).select(batch, 0).scoring.remark, kPoorReferenceRemark);
  EXPECT_EQ(s.scorer({.count = 8, .score = kEasyReference}).select(batch, 0).scoring.remark, "");
  // A method's scorer has its rule chosen at run time.
  const ScorerSpec spec{.count = 8};
  JointExampleScorer by_losses(s.learner, s.reference, spec, AnyRule{ByLosses{}});
  EXPECT_EQ(by_losses.select(batch, 0).scoring.remark, kPoorReferenceRemark);
  JointExampleScorer by_ranks(s.learner, s.reference, spec, AnyRule{ByLossRanks{}});
  EXPECT_EQ(by_ranks.select(batch, 0).scoring.remark, "");
}

TEST(UnfittedReference, IsRemarkedOn) {
  ShortSetting s;
  const VectorPairs batch = make_pairs(40, 3);
  s.guide->bias.data().fill_(60.0F);  // every pair is a match
  const ScorerSpec easy{.count = 8, .score = kEasyReference};
  EXPECT_EQ(s.scorer(easy).select(batch, 0).scoring.remark, kStrangersRemark);
  EXPECT_EQ(s.scorer({.count = 8}).select(batch, 0).scoring.remark, kStrangersRemark);
  EXPECT_EQ(s.scorer({.count = 8, .score = kHardLearner}).select(batch, 0).scoring.remark, "");
  ScorerSpec softmax = easy;
  softmax.contrast = Contrast::kSoftmax;  // which has no bias
  EXPECT_EQ(s.scorer(softmax).select(batch, 0).scoring.remark, "");
}

TEST(FlatScores, AreRemarkedOn) {
  ShortSetting s;
  fit_biases(s);
  const VectorPairs batch = make_pairs(40, 3);
  const ScorerSpec spec{.count = 8, .sampling = {.gain = 1e-4}, .score = kEasyReference};
  EXPECT_EQ(s.scorer(spec).select(batch, 0).scoring.remark, kFlatRemark);
  ScorerSpec all = spec;
  all.count = 40;  // nothing is left
  EXPECT_EQ(s.scorer(all).select(batch, 0).scoring.remark, "");
}

}  // namespace
}  // namespace jest::testing
