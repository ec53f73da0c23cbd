#include "jest/torch/embeddings.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <utility>

namespace jest {
namespace {

TEST(RetrievalRecall, EqualsADoubleLoopInBothDirections) {
  torch::manual_seed(1);
  const at::Tensor x = torch::randn({700, 4});
  const at::Tensor y = x + 0.4 * torch::randn({700, 4});
  double hits = 0;
  for (const auto& [from, to] : {std::pair{x, y}, std::pair{y, x}}) {
    const at::Tensor scores = from.matmul(to.t());
    for (std::int64_t i = 0; i < 700; ++i) {
      hits += (scores[i] >= scores[i][i]).sum().item<std::int64_t>() <= 1;
    }
  }
  const auto recall = retrieval_recall({x, y, {}, {}});
  EXPECT_NEAR(recall.at_1, hits / 1400, 1e-9);
  EXPECT_GT(recall.at_10, recall.at_1);
}

TEST(RetrievalRecall, CountsATieAgainstThePair) {
  const at::Tensor same = torch::ones({5, 3});
  EXPECT_EQ(retrieval_recall({same, same, {}, {}}).at_1, 0);
}

}  // namespace
}  // namespace jest
