// Rules other than losses: ranks of losses, and unlike picks.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <map>

#include "oracle/chi_square.hpp"
#include "oracle/small_towers.hpp"

namespace jest {
namespace {

using testing::make_pairs;
using testing::make_towers;

at::Tensor losses_of(const std::vector<float>& values) { return torch::tensor(values); }

Selection pick_one(const ByLossRanks& rule, const at::Tensor& losses, std::int64_t step) {
  const SelectionSpec spec{
      .count = 1, .sampling = {.preset = Preset::kIndependent, .gain = 1}, .step = step};
  return rule(LossTensors{losses, {}}, spec, {kHardLearner});
}

TEST(ByLossRanks, DrawsByThePercentileToThePower) {
  const std::vector<float> losses = {3, -100, 1e6, 0};  // ranks 3, 1, 4, 2 whatever the distances
  const std::vector<double> ranks = {3, 1, 4, 2};
  constexpr int kDraws = 4000;
  for (const double power : {1.0, 2.0}) {
    std::vector<double> counts(4);
    for (int step = 0; step < kDraws; ++step) {
      ++counts[pick_one({power}, losses_of(losses), step).indices.front()];
    }
    double total = 0;
    for (const double rank : ranks) total += std::pow(rank, power);
    double distance = 0;
    for (int i = 0; i < 4; ++i) {
      const double expected = kDraws * std::pow(ranks[i], power) / total;
      distance += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    EXPECT_LT(distance, 16.3) << "0.1 % of chi-square with three degrees of freedom";
  }
}

TEST(ByLossRanks, EqualLossesShareTheirRanksAndNanIsNeverPicked) {
  const at::Tensor losses = losses_of({5, NAN, 5, 5});
  const SelectionSpec spec{.count = 3, .sampling = {.preset = Preset::kTopK, .gain = 1}};
  const Selection picks = ByLossRanks{}(LossTensors{losses, {}}, spec, {kHardLearner});
  EXPECT_EQ(picks.indices, (std::vector<std::int64_t>{0, 2, 3}));
  for (const double score : picks.scores) EXPECT_NEAR(score, std::log(2.0 / 3), 1e-6);
  EXPECT_EQ(picks.statistics.nan_count, 1);
}

TEST(ByLossRanks, RanksPairsByTheirOwnTerms) {
  auto model = make_towers(1);
  const auto batch = make_pairs(12, 3);
  const Embeddings e = score_embeddings(model, batch, {});
  const SelectionSpec spec{.count = 4, .sampling = {.preset = Preset::kTopK}};
  const Selection picks = ByLossRanks{}(PairTensors{e, {}}, spec, {kHardLearner});
  const at::Tensor order = own_losses(e, Contrast::kSigmoid).argsort(0, true);
  for (int k = 0; k < 4; ++k) EXPECT_EQ(picks.indices[k], order[k].item<std::int64_t>());
}

/// Two equal groups of candidates: {0, 1, 2} alike, {3, 4, 5} alike, the first a little better.
Embeddings two_groups() {
  const at::Tensor x =
      torch::tensor({{1.F, 0.F}, {1.F, 0.F}, {1.F, 0.F}, {0.F, 1.F}, {0.F, 1.F}, {0.F, 1.F}});
  const at::Tensor y = x * torch::tensor({0.9F, 0.9F, 0.9F, 1.F, 1.F, 1.F}).unsqueeze(1);
  return {x, y, torch::scalar_tensor(2.F), torch::scalar_tensor(0.F)};
}

TEST(ByDiversity, PrefersUnlikePicks) {
  const Embeddings e = two_groups();
  const SelectionSpec spec{.count = 2, .sampling = {.preset = Preset::kGreedy}};
  const PairTensors pairs{e, {}};
  const PairScore hard{kHardLearner};
  const auto group = [](std::int64_t position) { return position / 3; };
  const Selection plain = ByDiversity{0}(pairs, spec, hard);
  EXPECT_EQ(group(plain.indices[0]), group(plain.indices[1]));
  const Selection diverse = ByDiversity{1}(pairs, spec, hard);
  EXPECT_NE(group(diverse.indices[0]), group(diverse.indices[1]));
  SelectionSpec separate = spec;
  separate.sampling.interaction = {0};
  const Selection without = ByDiversity{1}(pairs, separate, hard);
  EXPECT_EQ(group(without.indices[0]), group(without.indices[1]));
}

TEST(ByDiversity, SecondScoreIsTheFirstLessTwiceTheLikeness) {
  const Embeddings e = two_groups();
  const SelectionSpec spec{.count = 2, .sampling = {.preset = Preset::kGreedy}};
  const Selection picks = ByDiversity{0.25}(PairTensors{e, {}}, spec, {kHardLearner});
  const auto first = picks.indices[0], second = picks.indices[1];
  const at::Tensor own = own_losses(e, Contrast::kSigmoid);
  const double likeness =
      (e.x[first].dot(e.x[second]) + e.y[first].dot(e.y[second])).item<double>() / 2;
  EXPECT_NEAR(picks.scores[1], own[second].item<double>() - 2 * 0.25 * likeness, 1e-6);
}

TEST(ByDiversity, LooksAtTheReferencesEmbeddingsWhereThereIsOne) {
  const Embeddings e = two_groups();
  Embeddings same = e;  // a reference that finds all alike but loses as much
  same.x = torch::tensor({1.F, 0.F}).expand({6, 2}).contiguous();
  same.y = same.x * torch::tensor({0.9F, 0.9F, 0.9F, 1.F, 1.F, 1.F}).unsqueeze(1);
  const SelectionSpec spec{.count = 6, .sampling = {.preset = Preset::kGreedy}};
  const Selection picks = ByDiversity{1}(PairTensors{e, same}, spec, {kLearnability});
  // Own terms are all 0, so scores are likeness to what was picked, which grows pick by pick.
  for (int k = 1; k < 6; ++k) EXPECT_LT(picks.scores[k], picks.scores[k - 1] - 1.5);
}

}  // namespace
}  // namespace jest
