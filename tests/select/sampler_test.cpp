// The sampler's contract: how many, in which order, what is excluded, what is refused.
#include "jest/select/sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <set>

#include "jest/select/select.hpp"
#include "oracle/fixed_scores.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "select/cpu/engine.hpp"

namespace jest {
namespace {

using oracle::FixedScores;
using oracle::message_of;
using oracle::Positions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Selection pick(const std::vector<double>& own, const SelectionSpec& spec,
               std::span<const std::int64_t> ids = {}) {
  FixedScores state(own);
  return sample(state, spec, ids);
}

TEST(Sampler, PicksExactlyAsManyDistinctCandidatesAsAsked) {
  struct Case {
    std::int64_t candidates, count, chunks;
  };
  for (const Case& c : {Case{1, 1, 1},
                        {50, 1, 1},
                        {50, 50, 1},
                        {50, 50, 50},
                        {50, 50, 7},
                        {50, 20, 16},
                        {50, 20, 20},
                        {50, 20, 3},
                        {50, 19, 18},
                        {17, 16, 16}}) {
    SCOPED_TRACE(text(c.candidates, " ", c.count, " ", c.chunks));
    const auto models = oracle::random_models({c.candidates, 4}, 1);
    const auto picks = select(models.pairs<SigmoidPairs>(),
                              {.count = c.count, .sampling = {.chunks = c.chunks}, .seed = 2});
    EXPECT_EQ(static_cast<std::int64_t>(picks.indices.size()), c.count);
    EXPECT_EQ(picks.scores.size(), picks.indices.size());
    const std::set<std::int64_t> distinct(picks.indices.begin(), picks.indices.end());
    EXPECT_EQ(static_cast<std::int64_t>(distinct.size()), c.count);
    EXPECT_GE(*distinct.begin(), 0);
    EXPECT_LT(*distinct.rbegin(), c.candidates);
  }
}

TEST(Sampler, GivesTheFirstChunksOneMoreAndConditionsOnAllButTheLastInOrderOfId) {
  FixedScores state(std::vector<double>(20, 0.0));
  const auto ids = oracle::shuffled_ids(20, 3);
  const auto picks = sample(state, {.count = 11, .sampling = {.chunks = 4}}, ids);
  ASSERT_EQ(state.calls.size(), 3u);
  std::size_t first = 0;
  for (const Positions& call : state.calls) {
    ASSERT_EQ(call.size(), 3u);
    Positions expected(picks.indices.begin() + first, picks.indices.begin() + first + 3);
    std::sort(expected.begin(), expected.end(), [&](auto a, auto b) { return ids[a] < ids[b]; });
    EXPECT_EQ(call, expected);
    first += 3;
  }
}

TEST(Sampler, MeanFieldConditionsOnceOnEveryEligibleCandidateInOrderOfId) {
  FixedScores state({1, NAN, 2, 3});
  const std::vector<std::int64_t> ids{40, 1, 30, 20};
  sample(state, {.count = 2, .sampling = {.preset = Preset::kMeanField}}, ids);
  EXPECT_THAT(state.calls, ElementsAre(ElementsAre(3, 2, 0)));
}

TEST(Sampler, TakesSixteenChunksOrAsManyAsThereArePicks) {
  EXPECT_EQ(chunk_count({.count = 128}), 16);
  EXPECT_EQ(chunk_count({.count = 5}), 5);
  EXPECT_EQ(chunk_count({.count = 5, .sampling = {.preset = Preset::kGreedy}}), 5);
  EXPECT_EQ(chunk_count({.count = 5, .sampling = {.preset = Preset::kMeanField}}), 1);
}

TEST(Sampler, BreaksTiesByTheSmallerId) {
  const std::vector<std::int64_t> ids{9, 4, 7, 2};
  EXPECT_THAT(pick({1, 1, 1, 1}, {.count = 3, .sampling = {.preset = Preset::kTopK}}, ids).indices,
              ElementsAre(3, 1, 2));
  EXPECT_THAT(
      pick({1, 5, 1, 1}, {.count = 4, .sampling = {.preset = Preset::kGreedy}}, ids).indices,
      ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(pick({0.0, -0.0, 0.0}, {.count = 3, .sampling = {.preset = Preset::kTopK}}).indices,
              ElementsAre(0, 1, 2));
}

TEST(Sampler, TakesPlusInfinityFirstByIdWhateverTheGain) {
  const std::vector<std::int64_t> ids{9, 4, 7, 2};
  for (const auto& [name, preset] : kPresets) {
    for (const double gain : {0.0, 100.0}) {
      const auto picks = pick({kInfinity, 3, kInfinity, 1},
                              {.count = 3, .sampling = {.preset = preset, .gain = gain}}, ids);
      EXPECT_EQ(picks.indices[0], 2) << name;
      EXPECT_EQ(picks.indices[1], 0) << name;
      EXPECT_EQ(picks.scores[0], kInfinity) << name;
    }
  }
}

TEST(Sampler, NeverTakesMinusInfinity) {
  const std::vector<double> own{-kInfinity, 3, -kInfinity, 1};
  for (const auto& [name, preset] : kPresets) {
    for (const double gain : {0.0, 100.0}) {
      const auto picks =
          pick(own, {.count = 2, .sampling = {.preset = preset, .gain = gain}}).indices;
      EXPECT_THAT(picks, ::testing::UnorderedElementsAre(1, 3)) << name;
      const std::string message = message_of(
          [&] { pick(own, {.count = 3, .sampling = {.preset = preset, .gain = gain}}); });
      EXPECT_THAT(message, HasSubstr("2 scored -inf")) << name;
    }
  }
}

TEST(Sampler, SetsNanAsideAndCountsItOnce) {
  for (const auto& [name, preset] : kPresets) {
    const auto picks = pick({NAN, 3, NAN, 1, 2}, {.count = 3, .sampling = {.preset = preset}});
    EXPECT_THAT(picks.indices, ::testing::UnorderedElementsAre(1, 3, 4)) << name;
    EXPECT_EQ(picks.statistics.nan_count, 2) << name;
    EXPECT_DOUBLE_EQ(picks.statistics.mean_own_score_super_batch, 2) << name;
    EXPECT_DOUBLE_EQ(picks.statistics.mean_own_score_picks, 2) << name;
  }
}

TEST(Sampler, SaysHowOwnScoresDeviateAndWhenTheyAreFlat) {
  const auto flat = [](const std::vector<double>& own, const Sampling& sampling) {
    return pick(own, {.count = 1, .sampling = sampling}).is_flat(sampling, std::ssize(own));
  };
  const std::vector<double> own{1, 2, NAN, 3};
  EXPECT_DOUBLE_EQ(pick(own, {.count = 2}).statistics.own_score_deviation, std::sqrt(2.0 / 3));
  const std::vector<double> alike{1, 1 + 1e-6, 1, 1};
  EXPECT_TRUE(flat(alike, {}));
  EXPECT_TRUE(flat(alike, {.preset = Preset::kIndependent}));
  EXPECT_FALSE(flat(alike, {.gain = 1e6}));
  EXPECT_FALSE(flat(alike, {.gain = 0}));
  EXPECT_FALSE(flat(alike, {.preset = Preset::kUniform}));
  EXPECT_FALSE(flat(alike, {.preset = Preset::kTopK}));
  EXPECT_TRUE(flat({2, 2, 2}, {.preset = Preset::kTopK}));
  EXPECT_FALSE(flat(own, {}));
  EXPECT_FALSE(flat({2, NAN}, {}));  // nothing to choose from
}

TEST(Sampler, NamesTheCountsWhenTooFewAreEligible) {
  const std::string message = message_of([] { pick({NAN, 3, NAN, 1, 2}, {.count = 4}); });
  EXPECT_THAT(message, HasSubstr("4 eligible candidates, got 3 of 5 (2 set aside as NaN)"));
}

TEST(Sampler, NanRowsAreInNoOnesSums) {
  auto models = oracle::random_models({40, 4}, 2);
  auto shorter = models;
  models.learner.x_row(7)[1] = NAN;
  models.reference.y_row(23)[0] = NAN;
  // The same pool without the two rows, under the same ids, answers the same.
  std::vector<std::int64_t> ids;
  for (auto* model : {&shorter.learner, &shorter.reference}) {
    for (auto* side : {&model->x, &model->y}) {
      for (const std::int64_t row : {23, 7}) {
        const auto first = side->begin() + row * model->shape.cols;
        side->erase(first, first + model->shape.cols);
      }
    }
    model->shape.rows = 38;
  }
  for (std::int64_t i = 0; i < 40; ++i) {
    if (i != 7 && i != 23) ids.push_back(i);
  }
  for (const Preset preset : {Preset::kJoint, Preset::kMeanField, Preset::kGreedy}) {
    const auto with =
        select(models.pairs<SoftmaxPairs>(), {.count = 12, .sampling = {.preset = preset}});
    auto named = shorter.pairs<SoftmaxPairs>();
    named.ids = ids;
    const auto without = select(named, {.count = 12, .sampling = {.preset = preset}});
    EXPECT_EQ(with.statistics.nan_count, 2);
    for (int k = 0; k < 12; ++k) {
      EXPECT_EQ(with.indices[k], ids[without.indices[k]]);
      EXPECT_NEAR(with.scores[k], without.scores[k], 1e-10);
    }
  }
}

TEST(Sampler, ReportsWhatItKnows) {
  const auto models = oracle::random_models({40, 4}, 2);
  const auto statistics = select(models.pairs<SigmoidPairs>(), {.count = 10}).statistics;
  EXPECT_EQ(statistics.backend, "cpu");
  EXPECT_EQ(statistics.instruction_set, cpu::name_of(cpu::fastest_instruction_set()));
  EXPECT_GT(statistics.select_ms, 0);
  EXPECT_GT(statistics.extra_bytes, 40 * 8);
  EXPECT_EQ(statistics.nan_count, 0);
}

}  // namespace
}  // namespace jest
