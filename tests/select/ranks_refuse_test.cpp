// What goes wrong on one rank, or differs among ranks, is refused on all of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "jest/select/select.hpp"
#include "oracle/fixed_scores.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/shares.hpp"
#include "oracle/thread_ranks.hpp"
#include "select/cpu/engine.hpp"

namespace jest {
namespace {

using oracle::errors_of_ranks;
using oracle::over;
using oracle::part_of;
using oracle::ThreadRank;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr int kR = 4;
constexpr std::int64_t kB = 512;

/// The one message that all ranks throw where rank 2 has been given `change`d arguments.
template <class Change>
std::string refusal_of(const Change& change) {
  const auto models = oracle::random_models({kB, 6}, 1);
  const auto errors = errors_of_ranks(kR, [&](ThreadRank& rank) {
    const Shard shard = shard_of(kB, kR, rank.rank());
    auto pairs = part_of(models.pairs<SigmoidPairs>(), shard);
    SelectionSpec spec{.count = 64, .seed = 7, .step = 9};
    if (rank.rank() == 2) change(pairs, spec);
    select(pairs, over(spec, shard, rank));
  });
  EXPECT_THAT(errors, Each(errors.front()));
  return errors.front();
}

TEST(RanksRefuse, OtherParameters) {
  using Pairs = SigmoidPairs;
  using Spec = SelectionSpec;
  EXPECT_EQ(refusal_of([](Pairs&, Spec& spec) { spec.seed = 8; }),
            "select: expected one seed on all ranks, got another 8 on rank 2 than 7 on rank 0");
  EXPECT_THAT(refusal_of([](Pairs&, Spec& spec) { spec.step = 8; }), HasSubstr("one step on all"));
  EXPECT_THAT(refusal_of([](Pairs&, Spec& spec) { spec.count = 63; }),
              HasSubstr("one count on all ranks, got another 63 on rank 2 than 64"));
  EXPECT_THAT(refusal_of([](Pairs&, Spec& spec) { spec.first_round = 1; }), HasSubstr("round"));
  EXPECT_THAT(refusal_of([](Pairs&, Spec& spec) { spec.sampling.preset = Preset::kTopK; }),
              HasSubstr("one preset on all ranks, got another on rank 2 than on rank 0"));
  EXPECT_THAT(refusal_of([](Pairs&, Spec& spec) { spec.sampling.chunks = 4; }),
              HasSubstr("number of chunks"));
  EXPECT_THAT(refusal_of([](Pairs&, Spec& spec) { spec.sampling.gain = 50; }),
              HasSubstr("another 50 on rank 2 than 100"));
  EXPECT_THAT(refusal_of([](Pairs&, Spec& spec) { spec.sampling.interaction.value = 0.5; }),
              HasSubstr("interaction"));
  EXPECT_THAT(refusal_of([](Pairs&, Spec& spec) { spec.backend = Backend::kEigen; }),
              HasSubstr("backend"));
  EXPECT_THAT(refusal_of([](Pairs& pairs, Spec&) { pairs.learner.scale = 11; }),
              HasSubstr("criterion"));
  EXPECT_THAT(refusal_of([](Pairs& pairs, Spec&) { pairs.weights = kHardLearner; }),
              HasSubstr("criterion"));
  EXPECT_THAT(refusal_of([](Pairs& pairs, Spec&) { pairs.learner.x.cols = 5; }),
              HasSubstr("learner: expected x and y of one shape"));
}

TEST(RanksRefuse, PartsThatAreNotOneSuperBatch) {
  const std::vector<double> own(100, 0.0);
  const auto refusal = [&](const Shard& second) {
    const auto errors = errors_of_ranks(2, [&](ThreadRank& rank) {
      const Shard shard = rank.rank() == 0 ? Shard{0, 64, 100} : second;
      oracle::RowlessScores state(
          {own.begin(), own.begin() + std::max<std::int64_t>(shard.count, 0)});
      sample(state, over({.count = 8}, shard, rank));
    });
    EXPECT_EQ(errors[0], errors[1]);
    return errors[0];
  };
  EXPECT_EQ(refusal({64, 36, 100}), "");
  EXPECT_THAT(refusal({63, 37, 100}), HasSubstr("the part of rank 1 to begin at 64, got 63"));
  EXPECT_THAT(refusal({64, 35, 100}), HasSubstr("parts of 100 candidates together, got 99"));
  EXPECT_THAT(refusal({64, 36, 101}), HasSubstr("number of candidates"));
}

TEST(RanksRefuse, WhatOneOfThemThrowsWhereverItDoes) {
  for (const int fails_at : {0, 1, 2, 3, 4, 5, 6}) {  // calls of scores() and condition_on
    std::vector<std::int64_t> exchanges(kR);
    const auto errors = errors_of_ranks(kR, [&](ThreadRank& rank) {
      const Shard shard = shard_of(kB, kR, rank.rank());
      oracle::FailingScores state(shard, rank.rank() == 1 ? fails_at : -1);
      rank.before_gather = [&](std::int64_t which) {
        exchanges[static_cast<std::size_t>(rank.rank())] = which;
      };
      sample(state,
             over({.count = 64, .sampling = {.chunks = 4}, .seed = 7, .step = 9}, shard, rank));
    });
    EXPECT_THAT(errors, Each(errors.front())) << fails_at;
    EXPECT_THAT(errors.front(), HasSubstr("select at step 9, round "));
    EXPECT_THAT(errors.front(), HasSubstr("rank 1 of 4: criterion: expected nothing, got bad"));
    EXPECT_THAT(exchanges, Each(exchanges.front()));
  }
}

TEST(RanksRefuse, TooFewEligibleAsOneProcessDoes) {
  auto models = oracle::random_models({kB, 6}, 1);
  for (std::int64_t i = 0; i < kB - 10; ++i) models.learner.x_row(i)[0] = NAN;
  const auto pairs = models.pairs<SoftmaxPairs>();
  const std::string want = oracle::message_of([&] { select(pairs, {.count = 64}); });
  EXPECT_THAT(want, HasSubstr("64 eligible candidates, got 10 of 512 (502 set aside as NaN)"));
  const auto errors = errors_of_ranks(kR, [&](ThreadRank& rank) {
    const Shard shard = shard_of(kB, kR, rank.rank());
    select(part_of(pairs, shard), over({.count = 64}, shard, rank));
  });
  EXPECT_THAT(errors, Each(want));
}

TEST(RanksRefuse, MinusInfinitiesAsOneProcessDoes) {
  std::vector<float> losses(200, 1);
  std::fill(losses.begin() + 30, losses.end(), -std::numeric_limits<float>::infinity());
  const auto one = [&] { select(Losses{losses, {}}, {.count = 64}, kHardLearner); };
  const std::string want = oracle::message_of(one);
  EXPECT_THAT(want, HasSubstr("170 scored -inf"));
  const auto errors = errors_of_ranks(3, [&](ThreadRank& rank) {
    const Shard shard = shard_of(200, 3, rank.rank());
    const auto mine = part_of(std::span<const float>(losses), shard);
    select(Losses{mine, {}}, over({.count = 64}, shard, rank), kHardLearner);
  });
  EXPECT_THAT(errors, Each(want));
}

TEST(RanksRefuse, TheCudaBackend) {
  EXPECT_THAT(refusal_of([](SigmoidPairs&, SelectionSpec& spec) { spec.backend = Backend::kCuda; }),
              HasSubstr("rank 2 of 4: select: expected backend default or eigen"));
}

TEST(RanksRefuse, IdsThatTwoRanksHave) {
  const auto refusal = [](std::vector<std::int64_t> ids) {
    const auto errors = errors_of_ranks(2, [&](ThreadRank& rank) {
      const Shard shard = shard_of(std::ssize(ids), 2, rank.rank(), 1);
      check_ids(part_of(std::span<const std::int64_t>(ids), shard), rank);
    });
    EXPECT_EQ(errors[0], errors[1]);
    return errors[0];
  };
  EXPECT_EQ(refusal({3, 1, 2, 4, 0}), "");
  EXPECT_THAT(refusal({3, 1, 2, 3, 0}), HasSubstr("distinct ids, got 3 more than once"));
  EXPECT_THAT(refusal({3, 1, 2, -3, 0}), HasSubstr("ids of at least 0, got -3"));
}

TEST(RanksRefuse, IdsThatTwoRanksHaveOncePicked) {
  const auto models = oracle::random_models({128, 6}, 1);
  const std::vector<std::int64_t> ids(64, 0);
  const auto errors = errors_of_ranks(2, [&](ThreadRank& rank) {
    const Shard shard = shard_of(128, 2, rank.rank());
    auto pairs = part_of(models.pairs<SigmoidPairs>(), shard);
    std::vector<std::int64_t> mine;
    for (std::int64_t i = 0; i < shard.count; ++i) mine.push_back(i);
    pairs.ids = mine;
    select(pairs, over({.count = 128, .sampling = {.chunks = 2}}, shard, rank));
  });
  EXPECT_THAT(errors, Each(HasSubstr("distinct ids")));
}

TEST(RanksRefuse, GoesOnAfterARankHasLeft) {
  const auto models = oracle::random_models({kB, 6}, 1);
  const auto errors = errors_of_ranks(kR, [&](ThreadRank& rank) {
    const Shard shard = shard_of(kB, kR, rank.rank());
    rank.before_gather = [&](std::int64_t which) {
      if (rank.rank() == 3 && which == 5) throw Error("power failed");
    };
    select(part_of(models.pairs<SigmoidPairs>(), shard),
           over({.count = 64, .step = 2}, shard, rank));
  });
  for (int rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(errors[static_cast<std::size_t>(rank)],
              text("select at step 2, round 1, rank ", rank, " of 4: gather: a rank has left"));
  }
}

TEST(RanksRefuse, CriteriaThatGiveNoRows) {
  const auto errors = errors_of_ranks(2, [&](ThreadRank& rank) {
    oracle::FixedScores state(std::vector<double>(10, 0.0));
    sample(state, over({.count = 4}, shard_of(20, 2, rank.rank(), 1), rank));
  });
  EXPECT_THAT(errors, Each(HasSubstr("a criterion that gives rows (ShardedScores)")));
}

TEST(RoundHook, IsGivenThePicksOfEveryRoundButTheLast) {
  const auto models = oracle::random_models({kB, 6}, 1);
  for (const Backend backend : {Backend::kDefault, Backend::kEigen}) {
    std::vector<std::vector<std::int64_t>> rounds;
    const auto note = [&](std::span<const std::int64_t> picks) {
      rounds.emplace_back(picks.begin(), picks.end());
    };
    SelectionSpec spec{.count = 33, .sampling = {.chunks = 4}, .backend = backend};
    const Selection without = select(models.pairs<SigmoidPairs>(), spec);
    spec.on_round = note;
    const Selection picks = select(models.pairs<SigmoidPairs>(), spec);
    EXPECT_EQ(picks.indices, without.indices);
    ASSERT_EQ(rounds.size(), 3);
    std::vector<std::int64_t> told;
    for (const auto& round : rounds) told.insert(told.end(), round.begin(), round.end());
    EXPECT_EQ(told, std::vector(picks.indices.begin(), picks.indices.begin() + 25));
    rounds.clear();
    spec.sampling.preset = Preset::kIndependent;
    spec.sampling.chunks = {};
    select(models.pairs<SigmoidPairs>(), spec);
    EXPECT_EQ(rounds.size(), 0);
  }
}

TEST(RoundHook, ThrowsOnAllRanks) {
  const auto models = oracle::random_models({kB, 6}, 1);
  const auto errors = errors_of_ranks(kR, [&](ThreadRank& rank) {
    const Shard shard = shard_of(kB, kR, rank.rank());
    SelectionSpec spec{.count = 64, .sampling = {.chunks = 4}};
    int round = 0;
    spec.on_round = [&](std::span<const std::int64_t> picks) {
      EXPECT_EQ(picks.size(), 16);
      if (rank.rank() == 2 && ++round == 2) refuse("forward pass", "memory", "none");
    };
    select(part_of(models.pairs<SigmoidPairs>(), shard), over(spec, shard, rank));
  });
  EXPECT_THAT(errors, Each(HasSubstr("forward pass: expected memory, got none")));
  EXPECT_THAT(errors, Each(errors.front()));
}

TEST(Shards, CoverASuperBatchInWholeSteps) {
  for (const std::int64_t total : {0, 1, 63, 64, 65, 1000, 163840}) {
    for (const int ranks : {1, 2, 3, 7, 16, 256}) {
      std::int64_t next = 0;
      for (const Shard& shard : shards_of(total, ranks)) {
        EXPECT_EQ(shard.first, next);
        EXPECT_TRUE(shard.first % kShardStep == 0 || shard.first == total);
        EXPECT_LE(shard.count, (total / kShardStep / ranks + 2) * kShardStep);
        next += shard.count;
      }
      EXPECT_EQ(next, total);
    }
  }
  EXPECT_EQ(shard_of(10, 3, 1, 1), (Shard{3, 3, 10}));
  EXPECT_THAT(oracle::message_of([] { shard_of(10, 3, 3); }), HasSubstr("got 3 of 3"));
  EXPECT_THAT(oracle::message_of([] { shard_of(-1, 3, 0); }), HasSubstr("at least 0"));
}

TEST(EvenOut, GivesEachRankItsPartAndMovesOnlyTheSurplus) {
  std::mt19937_64 random(4);
  for (const int ranks : {1, 2, 5, 16}) {
    const auto shards = shards_of(1000, ranks, 10);
    std::vector<std::int64_t> positions(1000);
    std::iota(positions.begin(), positions.end(), 0);
    std::shuffle(positions.begin(), positions.end(), random);
    const std::span<const std::int64_t> picks(positions.data(), 203);
    std::set<std::int64_t> all;
    std::int64_t moved = 0;
    std::int64_t surplus = 0;
    for (int rank = 0; rank < ranks; ++rank) {
      const Shard& shard = shards[static_cast<std::size_t>(rank)];
      const auto mine = even_out(picks, shards, rank);
      const std::int64_t quota = 203 / ranks + (rank < 203 % ranks ? 1 : 0);
      EXPECT_EQ(std::ssize(mine), quota);
      EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
      all.insert(mine.begin(), mine.end());
      const auto here = [&](std::int64_t k) {
        return picks[k] >= shard.first && picks[k] < shard.first + shard.count;
      };
      moved += std::count_if(mine.begin(), mine.end(), [&](auto k) { return !here(k); });
      std::int64_t on_rank = 0;
      for (std::int64_t k = 0; k < 203; ++k) on_rank += here(k) ? 1 : 0;
      surplus += std::max<std::int64_t>(0, on_rank - quota);
    }
    EXPECT_EQ(std::ssize(all), 203);
    EXPECT_EQ(moved, surplus);
  }
  const std::int64_t outside[] = {1000};
  EXPECT_THAT(oracle::message_of([&] { even_out(outside, shards_of(1000, 2), 0); }),
              HasSubstr("positions that lie on a rank, got 1000"));
}

}  // namespace
}  // namespace jest
