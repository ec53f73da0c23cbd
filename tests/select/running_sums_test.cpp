// The running sums of every backend against the dense oracle, after every round.
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/backends.hpp"
#include "oracle/dense_oracle.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::agree;
using oracle::Positions;

constexpr ScoreWeights kAllWeights[] = {kLearnability, kHardLearner, kEasyReference, {0.7, 1.3}};

/// Conditions on each of `rounds` and compares all scores, those of picked candidates left out.
template <class Case, class Dense>
void expect_state(typename Case::Scores& state, const Dense& dense,
                  const std::vector<Positions>& rounds) {
  Positions picked;
  for (const Positions& picks : rounds) {
    state.condition_on(picks);
    picked.insert(picked.end(), picks.begin(), picks.end());
    for (std::int64_t i = 0; i < dense.size(); ++i) {
      if (std::find(picked.begin(), picked.end(), i) != picked.end()) continue;
      EXPECT_TRUE(agree(state.scores()[i], dense.score(i, picked), Case::tolerance))
          << "candidate " << i << " after " << picked.size() << " picks";
    }
  }
}

template <class Case>
void expect_running_sums(const typename Case::Pairs& pairs, const std::vector<Positions>& rounds,
                         double interaction = 1) {
  const auto dense = oracle::dense(pairs, interaction);
  for (const auto& engine : Case::engines()) {
    typename Case::Scores state(pairs, interaction, engine);
    expect_state<Case>(state, dense, rounds);
  }
}

const std::vector<Positions> kRounds{{}, {5}, {0, 7, 11}, {1, 2, 3, 12}};

template <class Case>
class RunningSums : public ::testing::Test {};
TYPED_TEST_SUITE(RunningSums, oracle::Everywhere);

template <class Case>
class SoftmaxSums : public ::testing::Test {};
using SoftmaxEverywhere = ::testing::Types<oracle::On<SoftmaxPairs, Backend::kEigen>,
                                           oracle::On<SoftmaxPairs, Backend::kCpu>>;
TYPED_TEST_SUITE(SoftmaxSums, SoftmaxEverywhere);

TYPED_TEST(RunningSums, EqualRecomputedMaskedSumsForEveryWeightAndInteraction) {
  const auto models = oracle::random_models({19, 8}, 4);
  for (const ScoreWeights& weights : kAllWeights) {
    for (const double interaction : {1.0, 0.3, 0.0, -0.5}) {
      SCOPED_TRACE(text(weights.learner, " ", weights.reference, " ", interaction));
      expect_running_sums<TypeParam>(models.pairs<typename TypeParam::Pairs>(weights), kRounds,
                                     interaction);
    }
  }
}

TYPED_TEST(RunningSums, EqualTheDenseOnesForRandomShapes) {
  std::mt19937_64 random(8);
  for (int trial = 0; trial < 40; ++trial) {
    const auto rows = static_cast<std::int64_t>(1 + random() % 150);
    const auto cols = static_cast<std::int64_t>(trial % 4 == 0 ? 1 : 1 + random() % 40);
    const auto padding = static_cast<std::int64_t>(random() % 3);
    SCOPED_TRACE(text("rows ", rows, " cols ", cols, " padding ", padding));
    const auto models = oracle::random_models({rows, cols, padding}, random());
    Positions order(static_cast<std::size_t>(rows));
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<Positions> rounds;
    for (std::size_t first = 0; first + 1 < order.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 40, order.size() - first);
      rounds.emplace_back(order.begin() + first, order.begin() + first + size);
      first += size;
    }
    expect_running_sums<TypeParam>(models.pairs<typename TypeParam::Pairs>(kAllWeights[trial % 4]),
                                   rounds);
  }
}

TYPED_TEST(RunningSums, HoldOverMoreThanOneBlockOfPicksAndTileOfRows) {
  const auto models = oracle::random_models({333, 5}, 6);
  Positions even;
  for (std::int64_t i = 0; i < 333; i += 2) even.push_back(i);
  expect_running_sums<TypeParam>(models.pairs<typename TypeParam::Pairs>(), {even, {1, 331}});
}

TYPED_TEST(RunningSums, HoldForWideRowsAndMoreThanOneSliceOfPicks) {
  const auto models = oracle::random_models({900, 150}, 8);
  Positions most;
  for (std::int64_t i = 0; i < 880; ++i) most.push_back(i);
  expect_running_sums<TypeParam>(models.pairs<typename TypeParam::Pairs>(), {{890, 895}, most});
}

TYPED_TEST(RunningSums, OfAllCandidatesAreMeanFieldAndLeaveOutTheOwnPair) {
  const auto models = oracle::random_models({70, 5}, 7);
  const auto pairs = models.pairs<typename TypeParam::Pairs>();
  const auto dense = oracle::dense(pairs);
  Positions all(70);
  std::iota(all.begin(), all.end(), 0);
  for (const auto& engine : TypeParam::engines()) {
    typename TypeParam::Scores state(pairs, 1, engine);
    state.condition_on(all);
    for (std::int64_t i = 0; i < 70; ++i) {
      EXPECT_TRUE(agree(state.scores()[i], dense.score(i, all), TypeParam::tolerance)) << i;
    }
  }
}

TYPED_TEST(RunningSums, AreRightAtScaleTenThousandAndBiasFifty) {
  auto models = oracle::random_models({19, 8}, 4);
  models.learner.scale = 1e4;
  for (const double bias : {50.0, -50.0}) {
    models.learner.bias = bias;
    models.reference.bias = -bias;
    expect_running_sums<TypeParam>(models.pairs<typename TypeParam::Pairs>(), kRounds);
  }
}

TYPED_TEST(RunningSums, OfAnUntrainedLearnerAndAStrongReferenceAtScaleHundredAreFinite) {
  auto models = oracle::random_models({60, 8}, 9);
  models.reference.y = models.reference.x;  // every pair matches perfectly
  models.learner.scale = models.reference.scale = 100;
  models.learner.bias = models.reference.bias = -10;
  const auto pairs = models.pairs<typename TypeParam::Pairs>();
  const auto picks = select(pairs, {.count = 32, .backend = TypeParam::backend});
  for (const double score : picks.scores) EXPECT_TRUE(std::isfinite(score));
  EXPECT_EQ(picks.indices.size(), 32u);
  expect_running_sums<TypeParam>(pairs, kRounds);
}

TYPED_TEST(RunningSums, CarryInfiniteEmbeddingsThrough) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float value : {infinity, -infinity}) {
    auto models = oracle::random_models({19, 4}, 11);
    models.learner.x_row(5)[2] = value;  // picked in the first round
    models.learner.y_row(9)[0] = value;  // never picked
    SCOPED_TRACE(value);
    expect_running_sums<TypeParam>(models.pairs<typename TypeParam::Pairs>(kHardLearner), kRounds);
    expect_running_sums<TypeParam>(models.pairs<typename TypeParam::Pairs>(), kRounds);
  }
}

TYPED_TEST(SoftmaxSums, WithThePositivePairInsideBothLogarithms) {
  const auto models = oracle::random_models({19, 8}, 4);
  for (const double interaction : {1.0, 0.3}) {
    auto pairs = models.pairs<SoftmaxPairs>();
    pairs.include_positive = true;
    expect_running_sums<TypeParam>(pairs, kRounds, interaction);
  }
}

TYPED_TEST(SoftmaxSums, AreMinusInfinityAndNotEmptyWhereEveryLogitIs) {
  const float infinity = std::numeric_limits<float>::infinity();
  auto models = oracle::random_models({19, 4}, 11);
  models.learner.x_row(5)[2] = models.learner.y_row(5)[0] = infinity;
  models.learner.x_row(5)[0] = models.learner.y_row(5)[2] = 1;  // its own logit is +inf
  const auto pairs = models.pairs<SoftmaxPairs>(kHardLearner);
  const auto dense = oracle::dense(pairs);
  std::int64_t excluded = 0;
  for (std::int64_t i = 0; i < 19; ++i) excluded += std::isinf(dense.score(i, {5}));
  ASSERT_GT(excluded, 0);
  expect_running_sums<TypeParam>(pairs, {{5}});
}

TYPED_TEST(SoftmaxSums, DoNotSeeTheBias) {
  auto models = oracle::random_models({19, 8}, 4);
  const auto before =
      select(models.pairs<SoftmaxPairs>(),
             {.count = 8, .sampling = {.chunks = 3}, .backend = TypeParam::backend});
  models.learner.bias = 50;
  models.reference.bias = -50;
  const auto after = select(models.pairs<SoftmaxPairs>(),
                            {.count = 8, .sampling = {.chunks = 3}, .backend = TypeParam::backend});
  EXPECT_EQ(before.indices, after.indices);
  EXPECT_EQ(before.scores, after.scores);
}

}  // namespace
}  // namespace jest
