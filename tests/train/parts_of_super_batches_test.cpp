// A rank names its part of a super-batch, not the whole: time and memory of O(B/R).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "jest/data/tables.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/wrappers.hpp"
#include "jest/train/trainer.hpp"
#include "oracle/gloo_ranks.hpp"
#include "oracle/small_towers.hpp"

namespace jest {
namespace {

using ::testing::Each;
using testing::make_pairs;
using testing::make_towers;
using testing::SmallTowers;
using testing::VectorPairs;

struct Rows : TableRows<ExampleTable> {
  using Table = ExampleTable;
  Rows(TableRows<ExampleTable> rows) : TableRows(std::move(rows)) {}
};

std::shared_ptr<const ExampleTable> table_of(std::int64_t rows) {
  const auto table = std::make_shared<ExampleTable>();
  table->ids.resize(detail::at(rows));
  std::iota(table->ids.begin(), table->ids.end(), 1000);
  return table;
}

TEST(SuperBatchOrder, GivesAPartOfASuperBatch) {
  const SuperBatchOrder order(1003, 50, 3);
  for (const std::int64_t step : {0, 19, 37}) {
    const auto all = order.at(step);
    EXPECT_EQ(order.at(step, 10, 25), std::vector(all.begin() + 10, all.begin() + 35));
    EXPECT_EQ(order.at(step, 50, 0), std::vector<std::int64_t>());
    EXPECT_EQ(order.one_at(step, 49), all[49]);
  }
  EXPECT_THROW(order.at(0, -1, 2), Error);
  EXPECT_THROW(order.at(0, 49, 2), Error);
}

TEST(TableRows, NameThoseThatAreAskedFor) {
  std::int64_t named = 0;
  const TableRows<ExampleTable> rows(table_of(1000), 512, [&](std::int64_t k) {
    ++named;
    return 3 * k % 1000;
  });
  EXPECT_EQ(rows.size(), 512);
  const TableRows<ExampleTable> part = rows.at({500, 2, 7});
  EXPECT_THAT(part.rows(), ::testing::ElementsAre(500, 6, 21));
  EXPECT_THAT(part.ids(), ::testing::ElementsAre(1500, 1006, 1021));
  EXPECT_EQ(named, 3);
  EXPECT_EQ(rows.ids()[500], 1500);
  EXPECT_EQ(TableRows<ExampleTable>(rows).rows()[7], 21);
  EXPECT_EQ(named, 3 + 512);  // once, for all copies
  EXPECT_THROW(rows.at({512}), std::out_of_range);
  EXPECT_THROW(part.at({-1}), std::out_of_range);
}

TEST(TableSource, GivesARankItsPartOfASuperBatchOfShares) {
  const auto table = table_of(900);
  std::vector<std::int64_t> rows(800), others(100);
  std::iota(rows.begin(), rows.end(), 0);
  std::iota(others.begin(), others.end(), 800);
  const TableSource<Rows> source(table, rows, RowShare{others, 30}, {200, 4});
  const Rows all = source.at(5);
  for (const Shard& shard : shards_of(200, 7, 1)) {
    std::vector<std::int64_t> positions(detail::at(shard.count));
    std::iota(positions.begin(), positions.end(), shard.first);
    const auto part = source.at(5).at(positions);
    EXPECT_TRUE(std::ranges::equal(
        part.ids(), all.ids().subspan(detail::at(shard.first), detail::at(shard.count))));
  }
}

template <class Work>
double fastest_of_ten(const Work& work) {
  double fastest = INFINITY;
  for (int k = 0; k < 10; ++k) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    fastest = std::min(fastest, spent.count());
  }
  return fastest;
}

TEST(TableSource, GivesA256thInLessThanAHundredthOfTheTime) {
  constexpr std::int64_t kB = 1 << 18;
  constexpr int kR = 256;
  const TableSource<Rows> source(table_of(3 * kB), {.size = kB, .seed = 1});
  std::int64_t sum = 0;
  const double whole_batch = fastest_of_ten([&] { sum += source.at(1).ids()[7]; });
  const Shard shard = shard_of(kB, kR, 100);
  const double part = fastest_of_ten([&] {
    std::vector<std::int64_t> positions(detail::at(shard.count));
    std::iota(positions.begin(), positions.end(), shard.first);
    sum += source.at(1).at(positions).ids()[7];
  });
  EXPECT_GT(sum, 0);
  EXPECT_LT(part, whole_batch / 100);
}

/// Pairs whose ids are there of a part alone.
struct PartsOnly : VectorPairs {
  bool is_part = false;

  std::int64_t size() const { return std::ssize(names); }
  std::span<const std::int64_t> ids() const {
    if (!is_part) refuse("super-batch", "a rank's part to be asked for", "all ids");
    return names;
  }
  PartsOnly at(const std::vector<std::int64_t>& positions) const {
    return {VectorPairs::at(positions), true};
  }
};

struct PartsSource {
  testing::RollingSource pairs;
  PartsOnly at(std::int64_t step) const { return {pairs.at(step), false}; }
};

void train_rank(World& world, SmallTowers& model, SmallTowers& guide) {
  const PartsSource source{{make_pairs(600, 5), 192}};
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient, {.world = &world});
  ReferenceModel<SmallTowers> reference(guide);
  JointExampleScorer scorer(
      learner, reference, {.count = 32, .sampling = {.chunks = 4, .gain = 5}, .exchange = &world});
  ScoredAs same(scorer, [](const PartsOnly& batch) { return batch; });
  Trainer trainer(source, learner, same, {.steps = 3, .world = &world});
  trainer.run();
}

TEST(RanksTrain, NobodyNamesTheWholeSuperBatch) {
  SmallTowers models[] = {make_towers(1), make_towers(1), make_towers(1)};
  SmallTowers guides[] = {make_towers(2), make_towers(2), make_towers(2)};
  for (SmallTowers& model : models) model->dropout->options.p(0);
  const auto errors = oracle::errors_of_worlds(
      3, [&](World& world) { train_rank(world, models[world.rank()], guides[world.rank()]); });
  EXPECT_THAT(errors, Each(""));
}

}  // namespace
}  // namespace jest
