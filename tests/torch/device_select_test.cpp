// Answers as tensors, on the host: the picks of select, in whichever way ids and rows are given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>

#include "jest/select/select.hpp"
#include "jest/torch/device.hpp"
#include "jest/torch/device_select.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/tensors.hpp"

namespace jest {
namespace {

using oracle::message_of;
using oracle::random_tensors;
using ::testing::HasSubstr;

constexpr std::int64_t kHostRows = 60;
const SelectionSpec kHostSpec{
    .count = 16, .sampling = {.chunks = 4, .gain = 3}, .seed = 9, .step = 2};

TEST(SelectOnDevice, GivesTensorsOfWhatSelectPicks) {
  const Embeddings learner = random_tensors(kHostRows, 8, 1);
  const Embeddings reference = random_tensors(kHostRows, 5, 2);
  const PairScore softmax{.contrast = Contrast::kSoftmax};
  const Selection want = select({learner, reference}, kHostSpec, softmax);
  const DevicePicks picks = select_on_device({learner, reference}, kHostSpec, softmax);
  picks.check();
  EXPECT_TRUE(picks.indices.equal(torch::tensor(want.indices)));
  EXPECT_TRUE(picks.scores.equal(torch::tensor(want.scores, at::kDouble)));
  const Selection got = picks.selection();
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_EQ(got.scores, want.scores);
  EXPECT_EQ(got.statistics.backend, "cpu");
  EXPECT_EQ(got.statistics.mean_own_score_picks, want.statistics.mean_own_score_picks);
}

TEST(SelectOnDevice, TakesIdsOfAnyStrides) {
  const Embeddings learner = random_tensors(kHostRows, 8, 1);
  const Embeddings reference = random_tensors(kHostRows, 8, 2);
  const auto ids = oracle::shuffled_ids(kHostRows, 3);
  const Selection want = select({learner, reference, id_tensor(ids)}, kHostSpec);
  EXPECT_NE(want.indices, select({learner, reference}, kHostSpec).indices);
  const at::Tensor every_other =
      torch::tensor(ids).repeat_interleave(2).slice(0, 0, 2 * kHostRows, 2);
  EXPECT_EQ(select({learner, reference, every_other}, kHostSpec).indices, want.indices);
  EXPECT_EQ(select_on_device({learner, reference, every_other}, kHostSpec).selection().indices,
            want.indices);
}

/// Picks by tensors and by views of the same memory, under the same ids.
TEST(SelectOnDevice, GivesTheIdsOfTensorsTheMeaningOfThoseOfViews) {
  torch::manual_seed(4);
  const auto ids = oracle::shuffled_ids(kHostRows, 3);
  const at::Tensor named = id_tensor(ids);
  const auto expect_ids = [&](const auto& tensors, const auto& views) {
    const Selection want = select(views, kHostSpec);
    EXPECT_EQ(select(tensors, kHostSpec).indices, want.indices);
    EXPECT_EQ(select_on_device(tensors, kHostSpec).selection().indices, want.indices);
    auto unnamed = tensors;
    unnamed.ids = at::Tensor();
    EXPECT_NE(select(unnamed, kHostSpec).indices, want.indices);
  };
  const at::Tensor losses = torch::rand({2, kHostRows});
  const std::span<const float> values(losses.const_data_ptr<float>(), 2 * kHostRows);
  expect_ids(LossTensors{losses[0], losses[1], named},
             Losses{values.first(kHostRows), values.last(kHostRows), ids});
  const at::Tensor rows = torch::randn({kHostRows, 5});
  const MatrixView matrix = matrix_view(rows.const_data_ptr<float>(), kHostRows, 5);
  const at::Tensor direction = torch::randn({5});
  expect_ids(
      AlignmentTensors{rows, direction, {}, named},
      GradientAlignment{
          .features = matrix, .direction = {direction.const_data_ptr<float>(), 5}, .ids = ids});
  const at::Tensor own = torch::randn({kHostRows}, at::kDouble);
  expect_ids(DiversityTensors{rows, own, named},
             EmbeddingDiversity{.importance = {own.const_data_ptr<double>(), kHostRows},
                                .embeddings = matrix,
                                .ids = ids});
}

TEST(SelectOnDevice, RefusesIdsOfAnotherShapeOrType) {
  const Embeddings model = random_tensors(kHostRows, 8, 1);
  const at::Tensor ids = torch::arange(kHostRows);
  const at::Tensor losses = torch::rand({kHostRows});
  const at::Tensor rows = torch::rand({kHostRows, 3});
  for (const at::Tensor& wrong : {ids.to(at::kInt), ids.slice(0, 1), ids.view({kHostRows, 1})}) {
    const auto refused = [&](const auto& tensors) {
      const auto said = HasSubstr("select, ids: expected ids [60] int64, got ");
      EXPECT_THAT(message_of([&] { select(tensors, kHostSpec); }), said);
      EXPECT_THAT(message_of([&] { select_on_device(tensors, kHostSpec); }), said);
    };
    refused(PairTensors{model, model, wrong});
    refused(LossTensors{losses, losses, wrong});
    refused(AlignmentTensors{rows, torch::rand({3}), {}, wrong});
    refused(DiversityTensors{rows, losses, wrong});
  }
}

TEST(IdTensor, IsAViewAndUndefinedForNone) {
  const std::vector<std::int64_t> ids{5, 3, 9};
  const at::Tensor tensor = id_tensor(ids);
  EXPECT_EQ(tensor.const_data_ptr<std::int64_t>(), ids.data());
  EXPECT_TRUE(tensor.equal(torch::tensor(ids)));
  EXPECT_FALSE(id_tensor({}).defined());
}

TEST(SelectOnDevice, ReadsRowsThatOverlapAsTheyAreSeen) {
  const Embeddings learner = random_tensors(kHostRows, 8, 1);
  Embeddings same = learner;
  same.x = learner.x.slice(0, 0, 1).expand({kHostRows, 8});
  Embeddings copied = same;
  copied.x = same.x.contiguous();
  EXPECT_EQ(select({same, learner}, kHostSpec).scores, select({copied, learner}, kHostSpec).scores);
}

TEST(SelectOnDevice, RefusesSparseEmbeddings) {
  Embeddings sparse = random_tensors(kHostRows, 8, 1);
  sparse.x = sparse.x.to_sparse();
  EXPECT_THAT(message_of([&] {
                select({sparse, sparse}, kHostSpec);
              }),
              HasSubstr("dense embeddings: give them .to_dense(), got the layout Sparse"));
}

TEST(SelectOnDevice, RefusesDevicesWithoutABackendAndModelsApart) {
  const Embeddings here = random_tensors(kHostRows, 8, 1);
  const Embeddings nowhere = to_device(here, at::kMeta);
  EXPECT_THAT(message_of([&] { select({nowhere, nowhere}, kHostSpec); }), HasSubstr("meta"));
  EXPECT_THAT(message_of([&] { select({here, nowhere}, kHostSpec); }), HasSubstr("one device"));
  SelectionSpec by_name = kHostSpec;
  by_name.backend = Backend::kCpu;
  EXPECT_THAT(message_of([&] { select({nowhere, nowhere}, by_name); }), HasSubstr("meta"));
}

TEST(Devices, AreFoundByName) {
  EXPECT_EQ(find_device("cpu"), at::Device(at::kCPU));
  for (const char* name : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:999", "CPU"}) {
    EXPECT_THAT(message_of([&] { check_device_name(name); }), HasSubstr("cuda:N")) << name;
  }
  // Without a LibTorch that has CUDA, without a device, or without a hundredth one.
  EXPECT_THAT(message_of([] { find_device("cuda:99"); }), HasSubstr("device cuda:99: expected"));
}

}  // namespace
}  // namespace jest
