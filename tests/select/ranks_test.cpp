// Selection over ranks: every rank gets the bits of one process, whatever lies where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <random>

#include "jest/criteria/poisson_disk.hpp"
#include "jest/criteria/volume.hpp"
#include "jest/select/accumulate.hpp"
#include "jest/select/select.hpp"
#include "oracle/backends.hpp"
#include "oracle/linear_cases.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/selection_cases.hpp"
#include "oracle/shares.hpp"
#include "oracle/thread_ranks.hpp"
#include "select/cpu/engine.hpp"
#include "select/rounds.hpp"

namespace jest {
namespace {

using oracle::answers_of_ranks;
using oracle::over;
using oracle::part_of;
using oracle::same;
using oracle::ThreadRank;

constexpr int kRanks[] = {1, 2, 3, 7, 16};

/// Same bits on every rank, but of means where blocks of kShardStep lie on two ranks.
void expect_same(Selection got, const Selection& want, bool means) {
  if (!means) {
    const auto near = [](double a, double b) { return !(std::fabs(a - b) > 1e-12 * std::fabs(b)); };
    EXPECT_TRUE(near(got.statistics.mean_own_score_super_batch,
                     want.statistics.mean_own_score_super_batch));
    EXPECT_TRUE(near(got.statistics.own_score_deviation, want.statistics.own_score_deviation));
    got.statistics.mean_own_score_super_batch = want.statistics.mean_own_score_super_batch;
    got.statistics.own_score_deviation = want.statistics.own_score_deviation;
  }
  EXPECT_TRUE(same(got, want));
}

template <class Pairs>
void expect_ranks_agree(const Pairs& pairs, const SelectionSpec& spec, std::int64_t step,
                        std::initializer_list<int> sizes) {
  const Selection want = select(pairs, spec);
  for (const int ranks : sizes) {
    SCOPED_TRACE(text(ranks, " ranks"));
    const auto answers = answers_of_ranks<Selection>(ranks, [&](ThreadRank& rank) {
      const Shard shard = shard_of(pairs.candidates(), ranks, rank.rank(), step);
      return select(part_of(pairs, shard), over(spec, shard, rank));
    });
    for (const Selection& got : answers) expect_same(got, want, step == kShardStep || ranks == 1);
  }
}

template <class Case>
class Ranks : public ::testing::Test {
 protected:
  using Pairs = typename Case::Pairs;
  static void expect_agree(const Pairs& pairs, SelectionSpec spec) {
    spec.backend = Case::backend;
    expect_ranks_agree(pairs, spec, kShardStep, {1, 2, 3, 7, 16});
    if (!Case::plain && !select(pairs, spec).statistics.fell_back) {
      expect_ranks_agree(pairs, spec, 1, {3, 16});
    }
  }
};
TYPED_TEST_SUITE(Ranks, oracle::Everywhere);

TYPED_TEST(Ranks, PickWhatOneProcessPicks) {
  oracle::for_every_preset_and_weight<typename TypeParam::Pairs>(
      [](const auto& pairs, const SelectionSpec& spec) { TestFixture::expect_agree(pairs, spec); });
}

TYPED_TEST(Ranks, PickWhatOneProcessPicksForRandomShapes) {
  oracle::for_random_shapes<typename TypeParam::Pairs>(
      {31, 500, 30},
      [](const auto& pairs, const SelectionSpec& spec) { TestFixture::expect_agree(pairs, spec); });
}

TYPED_TEST(Ranks, PickWhatOneProcessPicksAmongRowsThatAreNoNumbers) {
  auto models = oracle::random_models({300, 8}, 3);
  for (const std::int64_t i : {0, 64, 65, 130, 299}) models.learner.x_row(i)[2] = NAN;
  models.reference.y_row(200)[0] = std::numeric_limits<float>::infinity();
  models.learner.x_row(201)[0] = std::numeric_limits<float>::infinity();
  const auto ids = oracle::shuffled_ids(300, 4);
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    auto pairs = models.template pairs<typename TypeParam::Pairs>();
    pairs.ids = ids;
    TestFixture::expect_agree(pairs, {.count = 48, .sampling = {.preset = preset}, .seed = 5});
  }
}

TYPED_TEST(Ranks, ReadsOfLargeNumbersOnOneRankOnAll) {
  auto models = oracle::random_models({300, 8}, 3);
  models.learner.x_row(70)[0] = 1e31F;
  const auto pairs = models.template pairs<typename TypeParam::Pairs>();
  SelectionSpec spec{.count = 40, .seed = 5, .backend = TypeParam::backend};
  TestFixture::expect_agree(pairs, spec);
  EXPECT_EQ(select(pairs, spec).statistics.fell_back, !TypeParam::plain);
}

TYPED_TEST(Ranks, TakeTiesAndWholeShards) {
  auto models = oracle::random_models({192, 4}, 6);
  for (std::int64_t i = 0; i < 192; ++i) {  // three kinds of rows
    std::copy_n(models.learner.x_row(i % 3), 4, models.learner.x_row(i));
    std::copy_n(models.learner.y_row(i % 3), 4, models.learner.y_row(i));
  }
  const auto pairs = models.template pairs<typename TypeParam::Pairs>(kHardLearner);
  for (const std::int64_t count : {64, 128, 192}) {  // c is a shard of three; b = B
    for (const Preset preset : {Preset::kTopK, Preset::kJoint}) {
      SelectionSpec spec{.count = count, .sampling = {.preset = preset}, .seed = 8};
      if (preset == Preset::kJoint) spec.sampling.chunks = count / 64;
      TestFixture::expect_agree(pairs, spec);
    }
  }
}

TYPED_TEST(Ranks, AskForMoreKeysWhereTheBestOfARankDoNotSuffice) {
  const auto models = oracle::random_models({512, 8}, 7);
  const auto pairs = models.template pairs<typename TypeParam::Pairs>();
  const SelectionSpec spec{.count = 128, .sampling = {.chunks = 4, .gain = 2}, .seed = 9};
  constexpr int kR = 4;
  const auto state = [&](const Shard& shard) {
    return typename TypeParam::Scores(part_of(pairs, shard), spec.interaction(), {});
  };
  auto one = state(whole(512));
  const Selection want = sample(one, spec);
  std::int64_t exchanges = 0;
  const auto answers = answers_of_ranks<Selection>(kR, [&](ThreadRank& rank) {
    const Shard shard = shard_of(512, kR, rank.rank());
    auto scores = state(shard);
    const SelectionSpec mine = over(spec, shard, rank);
    detail::Rounds rounds(mine, shard.count, 32 / (2 * kR));
    const Selection selection = detail::sample_rounds(detail::any_state(scores), {}, rounds);
    if (rank.rank() == 0) exchanges = rank.exchanges;
    return selection;
  });
  for (const Selection& got : answers) EXPECT_TRUE(same(got, want));
  EXPECT_GT(exchanges, 2 * 4);
}

TEST(RanksOfTheCpuBackend, MayHaveOtherThreadsAndInstructionSets) {
  const auto models = oracle::random_models({600, 24}, 11);
  for (const auto operands : {cpu::Operands::kFloat32, cpu::Operands::kBfloat16}) {
    const auto pairs = models.pairs<SoftmaxPairs>();
    const SelectionSpec spec{.count = 100, .seed = 12};
    const Selection want = cpu::select(pairs, spec, {.operands = operands});
    const auto sets = cpu::instruction_sets();
    constexpr int kR = 5;
    const auto answers = answers_of_ranks<Selection>(kR, [&](ThreadRank& rank) {
      const Shard shard = shard_of(600, kR, rank.rank());
      cpu::Engine engine{.threads = 1 + rank.rank() % 3, .operands = operands};
      engine.multiply_adds_per_thread = 1000;
      if (operands == cpu::Operands::kFloat32) {
        engine.instruction_set = sets[static_cast<std::size_t>(rank.rank()) % sets.size()];
      }
      return cpu::select(part_of(pairs, shard), over(spec, shard, rank), engine);
    });
    for (const Selection& got : answers) EXPECT_TRUE(same(got, want));
  }
}

TEST(RanksOfLinearPairs, PickWhatOneProcessPicks) {
  const oracle::Features features({300, 12});
  const auto ids = oracle::shuffled_ids(300, 4);
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    const SelectionSpec spec{.count = 60, .sampling = {.preset = preset, .gain = 4}, .seed = 2};
    const MatrixView rows = features.embeddings.view().x;
    const EmbeddingDiversity diverse{features.own, rows, 0.5, ids};
    const GradientAlignment aligned{rows, features.direction, 0.7, features.own, ids};
    const Selection want_diverse = select(diverse, spec);
    const Selection want_aligned = select(aligned, spec);
    for (const int ranks : kRanks) {
      const auto errors = oracle::errors_of_ranks(ranks, [&](ThreadRank& rank) {
        const Shard shard = shard_of(300, ranks, rank.rank());
        const auto own = part_of(std::span<const double>(features.own), shard);
        const auto names = part_of(std::span<const std::int64_t>(ids), shard);
        const MatrixView mine = part_of(rows, shard);
        EXPECT_TRUE(same(select(EmbeddingDiversity{own, mine, 0.5, names}, over(spec, shard, rank)),
                         want_diverse));
        EXPECT_TRUE(same(select(GradientAlignment{mine, features.direction, 0.7, own, names},
                                over(spec, shard, rank)),
                         want_aligned));
      });
      EXPECT_THAT(errors, ::testing::Each(""));
    }
  }
}

template <class State, class... Parameters>
void expect_state_agrees(const oracle::Embeddings& rows, const Parameters&... parameters) {
  const SelectionSpec spec{.count = 30, .sampling = {.gain = 1}, .seed = 2};
  State one(rows.view().x, parameters...);
  const Selection want = sample(one, spec);
  for (const int ranks : kRanks) {
    const auto answers = answers_of_ranks<Selection>(ranks, [&](ThreadRank& rank) {
      const Shard shard = shard_of(rows.shape.rows, ranks, rank.rank());
      State state(part_of(rows.view().x, shard), parameters...);
      return sample(state, over(spec, shard, rank));
    });
    for (const Selection& got : answers) EXPECT_TRUE(same(got, want)) << ranks;
  }
}

TEST(RanksOfOtherStates, PickWhatOneProcessPicks) {
  const auto rows = oracle::random_embeddings({300, 5}, 3);
  expect_state_agrees<PoissonDiskScores>(rows, 0.4);
  expect_state_agrees<VolumeScores>(rows, 0.1);
}

TEST(RanksOfLosses, ExchangeKeysAlone) {
  std::vector<float> learner, reference;
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (int i = 0; i < 5000; ++i) learner.push_back(normal(random));
  for (int i = 0; i < 5000; ++i) reference.push_back(normal(random));
  const SelectionSpec spec{.count = 700, .sampling = {.chunks = 7}, .seed = 1};
  const Selection want = select(Losses{learner, reference}, spec);
  std::int64_t exchanges = 0;
  const auto answers = answers_of_ranks<Selection>(16, [&](ThreadRank& rank) {
    const Shard shard = shard_of(5000, 16, rank.rank());
    const Losses mine{part_of(std::span<const float>(learner), shard),
                      part_of(std::span<const float>(reference), shard)};
    Selection selection = select(mine, over(spec, shard, rank));
    if (rank.rank() == 3) exchanges = rank.exchanges;
    return selection;
  });
  for (const Selection& got : answers) EXPECT_TRUE(same(got, want));
  EXPECT_EQ(exchanges, 1 + 7);
}

TEST(RanksOfPairs, ExchangeTwiceARoundAndAsManyBytesAsStated) {
  const auto models = oracle::random_models({4096, 16}, 13);
  const auto pairs = models.pairs<SigmoidPairs>();
  const SelectionSpec spec{.count = 512, .sampling = {.chunks = 8, .gain = 1}, .seed = 3};
  constexpr std::int64_t kC = 512 / 8;
  for (const int ranks : {2, 8}) {
    std::vector<std::int64_t> bytes;
    answers_of_ranks<Selection>(ranks, [&](ThreadRank& rank) {
      const Shard shard = shard_of(4096, ranks, rank.rank());
      Selection selection = select(part_of(pairs, shard), over(spec, shard, rank));
      if (rank.rank() == 0) bytes = rank.bytes;
      return selection;
    });
    const double share = static_cast<double>(kC) / ranks;
    const auto keys = std::min<std::int64_t>(
        kC, static_cast<std::int64_t>(std::ceil(share + 5 * std::sqrt(share) + 2)));
    const std::int64_t of_keys = ranks * (32 + 40 * keys);
    ASSERT_EQ(bytes.size(), 2u * 8);
    EXPECT_LE(bytes[0], ranks * 200);
    EXPECT_EQ(bytes[1], of_keys + 4096 / kShardStep * 24);  // and moments of own terms
    for (std::size_t k = 2; k < bytes.size(); ++k) {
      EXPECT_EQ(bytes[k], k % 2 == 1 ? of_keys : kC * 2 * (16 + 19) * 4) << k;
    }
  }
}

TEST(RanksOfPairs, AnAccumulationIsARanksPart) {
  const auto models = oracle::random_models({256, 6}, 3);
  const auto pairs = models.pairs<SoftmaxPairs>();
  const Selection want = select(pairs, {.count = 32});
  const auto answers = answers_of_ranks<Selection>(2, [&](ThreadRank& rank) {
    const Shard shard = shard_of(256, 2, rank.rank());
    Accumulation<SoftmaxPairs> part({.candidates = shard.count});
    const auto mine = part_of(pairs, shard);
    part.add({.learner = mine.learner, .reference = mine.reference});
    return part.finish(over({.count = 32}, shard, rank));
  });
  for (const Selection& got : answers) EXPECT_TRUE(same(got, want));
}

}  // namespace
}  // namespace jest
