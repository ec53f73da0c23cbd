// Methods are values: their names, papers and what they make of a scorer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "jest/methods/methods.hpp"
#include "oracle/small_towers.hpp"
#include "oracle/message_of.hpp"

namespace jest {
namespace {

using testing::make_pairs;
using testing::make_towers;
using testing::SmallTowers;

TEST(Methods, HaveDistinctNamesAndTheirPapers) {
  std::set<std::string_view> names;
  for (const Method& method : kMethods) {
    EXPECT_TRUE(names.insert(method.name).second) << method.name;
    EXPECT_EQ(&find_method(method.name), &method);
    const bool of_nobody = method.name == "uniform" || method.name == "cascade";
    EXPECT_EQ(method.paper.empty(), of_nobody) << method.name;
  }
  EXPECT_THAT(oracle::message_of([] { find_method("rho"); }), ::testing::HasSubstr("rho-loss"));
}

TEST(Methods, AskForAReferenceWhereTheyLookAtOne) {
  for (const Method& method : kMethods) {
    const std::set<std::string_view> without = {"uniform", "selective-backprop", "greats"};
    EXPECT_EQ(method.uses_reference(), !without.contains(method.name)) << method.name;
  }
}

struct MethodSetting {
  SmallTowers model = make_towers(1);
  SmallTowers guide = make_towers(2);
  torch::optim::SGD optimizer{model->parameters(), 0.1};
  Learner<SmallTowers> learner{model, optimizer};
  ReferenceModel<SmallTowers> reference{guide};
  testing::VectorPairs batch = make_pairs(60, 3);

  Selection pick(const Method& method, std::uint32_t step = 5) {
    JointExampleScorer scorer(learner, reference, method.scorer(20, 4));
    return scorer.select(batch, step);
  }
};

TEST(Jest, IsJointSelectionByLearnabilityInSixteenChunks) {
  MethodSetting s;
  const auto learner = score_embeddings(s.model, s.batch, {});
  const auto reference = score_embeddings(s.guide, s.batch, {});
  const SelectionSpec spec{
      .count = 20, .chunks = 16, .gain = 100, .seed = 4, .step = 5, .ids = s.batch.names};
  EXPECT_EQ(s.pick(kJest).indices, select(learner, reference, spec, {kLearnability}).indices);
  EXPECT_EQ(s.pick(kAcid).indices, s.pick(kJest).indices) << "but for the reference's size";
}

TEST(RhoLoss, TakesTheLargestReducibleLossesWhateverTheSeed) {
  MethodSetting s;
  const at::Tensor reducible =
      own_losses(score_embeddings(s.model, s.batch, {}), Contrast::kSigmoid) -
      own_losses(score_embeddings(s.guide, s.batch, {}), Contrast::kSigmoid);
  const at::Tensor order = reducible.argsort(0, true);
  const Selection picks = s.pick(kRhoLoss);
  for (int k = 0; k < 20; ++k) EXPECT_EQ(picks.indices[k], order[k].item<std::int64_t>());
  EXPECT_EQ(s.pick(kRhoLoss, 6).indices, picks.indices);
}

TEST(SelectiveBackprop, NeverRunsTheReference) {
  MethodSetting s;
  JointExampleScorer scorer(s.learner, s.reference, kSelectiveBackprop.scorer(20, 4),
                            ByLossRanks{});
  scorer.select(s.batch, 0);
  EXPECT_EQ(s.guide->forwards, 0);
  EXPECT_EQ(s.model->forwards, 1);
}

}  // namespace
}  // namespace jest
