// Rows that ranks score together: each its own, all on every rank.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "oracle/gloo_ranks.hpp"
#include "train/ranks.hpp"

namespace jest::apps::train {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

const std::vector<std::int64_t> kRows = {70, 30, 50, 10, 90, 20, 60, 40, 80, 0};
constexpr std::int64_t kMicroBatch = 3;

/// How many rows each rank scores. What it finds is the row itself.
std::vector<std::int64_t> scored_by(int ranks) {
  std::vector<std::int64_t> scored(detail::at(ranks));
  const auto errors = oracle::errors_of_worlds(ranks, [&](World& world) {
    const RankRows rows(&world, kRows, kMicroBatch);
    scored[detail::at(world.rank())] = std::ssize(rows.mine());
    const at::Tensor mine = torch::tensor(rows.mine()).unsqueeze(1);
    const at::Tensor scale = torch::tensor(3.0);
    const Embeddings all = rows.of_all(Embeddings{mine, mine + 1, scale, {}});
    EXPECT_TRUE(all.x.equal(torch::tensor(kRows).unsqueeze(1)));
    EXPECT_TRUE(all.y.equal(torch::tensor(kRows).unsqueeze(1) + 1));
    EXPECT_TRUE(all.scale.equal(scale));
  });
  EXPECT_THAT(errors, Each(""));
  return scored;
}

TEST(RankRows, AreWholeMicroBatchesOfEachRank) {
  EXPECT_THAT(scored_by(2), ElementsAre(6, 4));
  EXPECT_THAT(scored_by(3), ElementsAre(3, 3, 4));
}

TEST(RankRows, AreOneOnARankWithoutAny) {
  EXPECT_THAT(scored_by(7), ElementsAre(1, 3, 1, 3, 1, 3, 1));
}

TEST(RankRows, AreAllOfOneProcess) {
  const RankRows rows(nullptr, kRows, kMicroBatch);
  EXPECT_EQ(rows.mine(), kRows);
  const at::Tensor found = torch::tensor(rows.mine());
  EXPECT_TRUE(rows.of_all(found).is_same(found));
}

}  // namespace
}  // namespace jest::apps::train
