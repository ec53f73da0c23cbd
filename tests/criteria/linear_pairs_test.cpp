#include "jest/criteria/linear_pairs.hpp"

#include <gtest/gtest.h>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/dense_sampler.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::agree;
using oracle::Positions;

struct Features {
  oracle::Embeddings embeddings = oracle::random_embeddings({23, 6, 2}, 5);
  std::vector<float> direction{0.3F, -0.2F, 0.5F, 0.1F, 0, 1};
  std::vector<double> own;

  Features() {
    for (int i = 0; i < 23; ++i) own.push_back(std::sin(i));
  }
  GradientAlignment gradients() const {
    return {
        .features = embeddings.view().x, .direction = direction, .step_size = 0.7, .added = own};
  }
  EmbeddingDiversity diversity() const {
    return {.importance = own, .embeddings = embeddings.view().y, .strength = 0.6};
  }
};

template <class Criterion>
void expect_running_sums(const Criterion& criterion, double interaction) {
  LinearPairScores state = conditional_scores(criterion, interaction);
  const auto dense = oracle::dense(criterion, interaction);
  Positions picked;
  for (const Positions& picks : {Positions{}, {4}, {1, 7, 22}, {0, 2, 3}}) {
    state.condition_on(picks);
    picked.insert(picked.end(), picks.begin(), picks.end());
    for (std::int64_t i = 0; i < 23; ++i) {
      EXPECT_TRUE(agree(state.scores()[i], dense.score(i, picked))) << i;
    }
  }
}

TEST(LinearPairs, RunningSumsOfGradientAlignmentEqualTheDenseOnesAfterEveryRound) {
  const Features features;
  expect_running_sums(features.gradients(), 0.8);
}

TEST(LinearPairs, RunningSumsOfEmbeddingDiversityEqualTheDenseOnesAfterEveryRound) {
  const Features features;
  expect_running_sums(features.diversity(), -0.4);
}

TEST(LinearPairs, PickWhatTheDenseSamplerPicks) {
  const Features features;
  const auto expect_dense = [](const auto& criterion, const SelectionSpec& spec) {
    const auto got = select(criterion, spec);
    const auto want = oracle::dense_select(oracle::dense(criterion, spec.interaction()), spec);
    EXPECT_EQ(got.indices, want.indices);
    EXPECT_TRUE(agree(got.scores, want.scores));
  };
  for (const auto& [name, preset] : kPresets) {
    SelectionSpec spec{.count = 9, .sampling = {.preset = preset, .gain = 5}, .seed = 3};
    SCOPED_TRACE(name);
    spec.sampling.interaction.value = 0.8;
    expect_dense(features.gradients(), spec);
    spec.sampling.interaction.value = -0.4;
    expect_dense(features.diversity(), spec);
  }
}

TEST(LinearPairs, TelescopeToTheValueOfThePickedSet) {
  const Features features;
  const auto dense = oracle::dense(features.gradients(), 0.8);
  const auto picks =
      select(features.gradients(),
             {.count = 9, .sampling = {.chunks = 9, .gain = 5, .interaction = {.value = 0.8}}});
  double sum = 0;
  for (const double score : picks.scores) sum += score;
  EXPECT_TRUE(agree(sum, dense.value(picks.indices)));
}

TEST(LinearPairs, AddingAConstantToEveryOwnTermChangesNothing) {
  Features features;
  const SelectionSpec spec{.count = 9,
                           .sampling = {.chunks = 3, .gain = 5, .interaction = {.value = -0.4}}};
  const auto before = select(features.diversity(), spec);
  for (double& own : features.own) own += 1000;
  const auto after = select(features.diversity(), spec);
  EXPECT_EQ(before.indices, after.indices);
}

TEST(LinearPairs, OfWrongLengthAreRefused) {
  const Features features;
  auto gradients = features.gradients();
  gradients.direction = gradients.direction.first(5);
  EXPECT_NE(oracle::message_of([&] { conditional_scores(gradients, 1); }).find("6, got 5"),
            std::string::npos);
  gradients = features.gradients();
  gradients.added = gradients.added.first(5);
  EXPECT_NE(oracle::message_of([&] { conditional_scores(gradients, 1); }).find("got 5"),
            std::string::npos);
  auto diversity = features.diversity();
  diversity.importance = diversity.importance.first(5);
  EXPECT_NE(oracle::message_of([&] { conditional_scores(diversity, 1); }).find("5 and 23"),
            std::string::npos);
}

}  // namespace
}  // namespace jest
