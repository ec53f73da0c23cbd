// What must hold for any right implementation: docs/method.md, section 6.
#include <gtest/gtest.h>

#include <numeric>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/fixed_scores.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::agree;

template <class Pairs>
class Selections : public ::testing::Test {};
using Criteria = ::testing::Types<SigmoidPairs, SoftmaxPairs>;
TYPED_TEST_SUITE(Selections, Criteria);

TYPED_TEST(Selections, LearnabilityIsZeroAndTheDrawUniformWhenLearnerAndReferenceAreOne) {
  auto models = oracle::random_models({60, 6}, 6);
  models.reference = models.learner;
  const auto picks =
      select(models.pairs<TypeParam>(), {.count = 20, .sampling = {.chunks = 4}, .seed = 5});
  for (const double score : picks.scores) EXPECT_NEAR(score, 0, 1e-12);
  oracle::FixedScores zeros(std::vector<double>(60, 0.0));
  const auto uniform =
      select(zeros, {.count = 20, .sampling = {.chunks = 4, .gain = 0}, .seed = 5});
  EXPECT_EQ(picks.indices, uniform.indices);
}

TYPED_TEST(Selections, EasyReferenceIgnoresTheLearner) {
  const auto models = oracle::random_models({60, 6}, 7);
  auto pairs = models.pairs<TypeParam>(kEasyReference);
  const auto with = select(pairs, {.count = 20});
  pairs.learner = {};
  const auto without = select(pairs, {.count = 20});
  EXPECT_EQ(with.indices, without.indices);
  EXPECT_EQ(with.scores, without.scores);
}

TYPED_TEST(Selections, HardLearnerIgnoresTheReferenceAndLearnabilityDoesNot) {
  const auto models = oracle::random_models({60, 6}, 8);
  const auto others = oracle::random_models({60, 6}, 9);
  for (const Preset preset : {Preset::kJoint, Preset::kTopK, Preset::kGreedy, Preset::kMeanField}) {
    for (const ScoreWeights& weights : {kHardLearner, kLearnability}) {
      auto pairs = models.pairs<TypeParam>(weights);
      const auto before = select(pairs, {.count = 20, .sampling = {.preset = preset}});
      pairs.reference = others.reference.view();
      const auto after = select(pairs, {.count = 20, .sampling = {.preset = preset}});
      EXPECT_EQ(before.indices == after.indices, weights.reference == 0);
    }
  }
}

TYPED_TEST(Selections, WithoutInteractionAnyNumberOfChunksRanksAlike) {
  const auto models = oracle::random_models({60, 6}, 10);
  const auto pairs = models.pairs<TypeParam>();
  const auto picks_of = [&](Sampling sampling) {
    sampling.interaction.value = 0;
    return select(pairs, {.count = 20, .sampling = sampling}).indices;
  };
  const auto topk = picks_of({.preset = Preset::kTopK});
  EXPECT_EQ(picks_of({.preset = Preset::kGreedy}), topk);
  EXPECT_EQ(picks_of({.chunks = 5, .gain = 1e12}), topk);
  // An interaction that sets in later is none until then.
  const InteractionSchedule late{.value = 1, .start = 8};
  const auto joint = [&](std::int64_t step) {
    return select(pairs, {.count = 20,
                          .sampling = {.chunks = 5, .gain = 1e12, .interaction = late},
                          .step = step})
        .indices;
  };
  EXPECT_EQ(joint(7), topk);
  EXPECT_NE(joint(8), topk);
}

TYPED_TEST(Selections, RankWithTheNoiseDrownedAndDrawUniformlyWithTheScoresDrowned) {
  const auto models = oracle::random_models({60, 6}, 11);
  const auto pairs = models.pairs<TypeParam>();
  EXPECT_EQ(select(pairs, {.count = 20, .sampling = {.chunks = 20, .gain = 1e12}}).indices,
            select(pairs, {.count = 20, .sampling = {.preset = Preset::kGreedy}}).indices);
  EXPECT_EQ(select(pairs, {.count = 20, .sampling = {.chunks = 1, .gain = 1e12}}).indices,
            select(pairs, {.count = 20, .sampling = {.preset = Preset::kTopK}}).indices);
  EXPECT_EQ(select(pairs, {.count = 20, .sampling = {.chunks = 1, .gain = 1e-12}}).indices,
            select(pairs, {.count = 20, .sampling = {.preset = Preset::kUniform}}).indices);
}

TYPED_TEST(Selections, SeedAndStepChangeTheDrawAndTheSameGiveTheSame) {
  const auto models = oracle::random_models({60, 6}, 12);
  const auto pairs = models.pairs<TypeParam>();
  const auto draw = [&](std::uint64_t seed, std::int64_t step) {
    return select(pairs, {.count = 20, .sampling = {.gain = 1}, .seed = seed, .step = step})
        .indices;
  };
  EXPECT_EQ(draw(1, 2), draw(1, 2));
  EXPECT_NE(draw(1, 2), draw(2, 2));
  EXPECT_NE(draw(1, 2), draw(1, 3));
  EXPECT_NE(draw(1, 2), draw(1 + (std::uint64_t{1} << 32), 2));
}

TEST(Telescoping, PickedConditionalScoresSumToTheValueOfTheSet) {
  const auto models = oracle::random_models({40, 6}, 14);
  for (const ScoreWeights& weights : {kLearnability, kHardLearner, kEasyReference}) {
    const auto pairs = models.pairs<SigmoidPairs>(weights);
    const auto dense = oracle::dense(pairs);
    for (const Preset preset : {Preset::kJoint, Preset::kGreedy}) {
      for (const auto& [backend, tolerance] :
           {std::pair{Backend::kEigen, 1e-10}, std::pair{Backend::kCpu, 3e-6}}) {
        const SelectionSpec spec{.count = 25,
                                 .sampling = {.preset = preset, .chunks = 25, .gain = 2},
                                 .backend = backend};
        const auto picks = select(pairs, spec);
        const double sum = std::accumulate(picks.scores.begin(), picks.scores.end(), 0.0);
        EXPECT_TRUE(agree(sum, dense.value(picks.indices), tolerance));
      }
    }
  }
}

TEST(OwnCriterion, OfAUserIsSampledLikeTheBuiltInOnes) {
  const auto models = oracle::random_models({40, 6}, 15);
  const auto pairs = models.pairs<SigmoidPairs>();
  const SelectionSpec spec{.count = 15, .sampling = {.chunks = 4, .gain = 2}};
  oracle::FixedScores own(oracle::dense(pairs));
  const auto got = select(own, spec);
  EXPECT_EQ(got.indices, select(pairs, spec).indices);
  EXPECT_EQ(got.statistics.backend, "criterion");
}

TEST(OwnTerms, OfAnyConstantMoreChangeNothing) {
  std::vector<double> own;
  for (int i = 0; i < 50; ++i) own.push_back(std::cos(i));
  oracle::FixedScores before(own);
  for (double& term : own) term += 64;
  oracle::FixedScores after(own);
  for (const auto& [name, preset] : kPresets) {
    const SelectionSpec spec{.count = 20, .sampling = {.preset = preset, .gain = 3}};
    EXPECT_EQ(select(before, spec).indices, select(after, spec).indices) << name;
  }
}

}  // namespace
}  // namespace jest
