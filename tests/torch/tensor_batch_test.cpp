// Batches of tensors, from rows and from a loader.
#include "jest/torch/tensor_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>

#include "jest/learner/concepts.hpp"
#include "oracle/message_of.hpp"

namespace jest {
namespace {

using oracle::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(Batch<TensorBatch>);

TEST(TensorBatch, KeepsIdsBesideTheirRows) {
  const at::Tensor x = torch::arange(8).view({4, 2});
  const at::Tensor y = torch::tensor({10, 11, 12, 13});
  const TensorBatch batch{torch::tensor({7, 5, 3, 1}, at::kLong), {x, y}};
  const TensorBatch part = batch.at({2, 0});
  EXPECT_THAT(part.ids(), ElementsAre(3, 7));
  EXPECT_TRUE(part[0].equal(torch::tensor({{4, 5}, {0, 1}})));
  EXPECT_TRUE(part[1].equal(torch::tensor({12, 10})));
  EXPECT_EQ(batch.to(at::kCPU).ids().size(), 4U);
}

TEST(TensorBatch, RefusesOtherLengthsAndIdsThatAreNone) {
  const at::Tensor rows = torch::zeros({3, 2});
  EXPECT_THAT(message_of([&] {
                TensorBatch(std::vector<std::int64_t>{1, 2}, {rows});
              }),
              HasSubstr("tensors of 2 rows, one an id, got 3"));
  EXPECT_THAT(message_of([&] { TensorBatch(torch::zeros({3}), {rows}); }),
              HasSubstr("ids [n] int64"));
  EXPECT_THAT(message_of([&] { TensorBatch(at::Tensor(), {rows}); }), HasSubstr("got nothing"));
}

struct Squares : torch::data::Dataset<Squares> {
  torch::data::Example<> get(std::size_t row) override {
    const auto value = static_cast<std::int64_t>(row);
    return {torch::tensor({value}), torch::tensor(value * value)};
  }
  torch::optional<std::size_t> size() const override { return 10; }
};

TEST(WithIds, LetsALoaderYieldBatchesThatKnowTheirRows) {
  const auto loader =
      torch::data::make_data_loader(with_ids(Squares()), torch::data::samplers::RandomSampler(10),
                                    torch::data::DataLoaderOptions(4).workers(1));
  std::set<std::int64_t> seen;
  for (const TensorBatch& batch : *loader) {
    for (std::size_t k = 0; k < batch.ids().size(); ++k) {
      const std::int64_t id = batch.ids()[k];
      const auto row = static_cast<std::int64_t>(k);
      EXPECT_EQ(batch[0][row].item<std::int64_t>(), id);
      EXPECT_EQ(batch[1][row].item<std::int64_t>(), id * id);
      seen.insert(id);
    }
  }
  EXPECT_EQ(seen.size(), 10U);
}

TEST(HashId, IsTheSameOnEveryMachineAndNeverNegative) {
  EXPECT_EQ(hash_id(""), static_cast<std::int64_t>(0xCBF29CE484222325 >> 1));
  EXPECT_EQ(fnv1a("a"), 0xAF63DC4C8601EC8CU);
  for (const char* name : {"a.jpg", "b.jpg", "images/1.png"}) EXPECT_GE(hash_id(name), 0);
}

}  // namespace
}  // namespace jest
