// Answers as tensors, on the host: the picks of select, in whichever way ids and rows are given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>

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
  const Selection want = select(learner, reference, kHostSpec, softmax);
  const DevicePicks picks = select_on_device({learner, reference, {}}, kHostSpec, softmax);
  picks.check();
  EXPECT_TRUE(picks.indices.equal(torch::tensor(want.indices)));
  EXPECT_TRUE(picks.scores.equal(torch::tensor(want.scores, at::kDouble)));
  const Selection got = picks.selection();
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_EQ(got.scores, want.scores);
  EXPECT_EQ(got.statistics.backend, "cpu");
  EXPECT_EQ(got.statistics.mean_own_score_picks, want.statistics.mean_own_score_picks);
}

TEST(SelectOnDevice, TakesIdsAsATensorToo) {
  const Embeddings learner = random_tensors(kHostRows, 8, 1);
  const Embeddings reference = random_tensors(kHostRows, 8, 2);
  const auto ids = oracle::shuffled_ids(kHostRows, 3);
  SelectionSpec spec = kHostSpec;
  spec.ids = ids;
  const Selection want = select(learner, reference, spec);
  EXPECT_NE(want.indices, select(learner, reference, kHostSpec).indices);
  EXPECT_EQ(select_on_device({learner, reference, {}}, spec).selection().indices, want.indices);
  const at::Tensor every_other =
      torch::tensor(ids).repeat_interleave(2).slice(0, 0, 2 * kHostRows, 2);
  EXPECT_EQ(select_on_device({learner, reference, every_other}, kHostSpec).selection().indices,
            want.indices);
  EXPECT_THROW(select_on_device({learner, reference, every_other}, spec), Error);
  EXPECT_THROW(select_on_device({learner, reference, every_other.to(at::kInt)}, kHostSpec), Error);
  EXPECT_THROW(select_on_device({learner, reference, every_other.slice(0, 1)}, kHostSpec), Error);
}

TEST(SelectOnDevice, ReadsRowsThatOverlapAsTheyAreSeen) {
  const Embeddings learner = random_tensors(kHostRows, 8, 1);
  Embeddings same = learner;
  same.x = learner.x.slice(0, 0, 1).expand({kHostRows, 8});
  Embeddings copied = same;
  copied.x = same.x.contiguous();
  EXPECT_EQ(select(same, learner, kHostSpec).scores, select(copied, learner, kHostSpec).scores);
}

TEST(SelectOnDevice, RefusesDevicesWithoutABackendAndModelsApart) {
  const Embeddings here = random_tensors(kHostRows, 8, 1);
  const Embeddings nowhere = to_device(here, at::kMeta);
  EXPECT_THAT(message_of([&] { select(nowhere, nowhere, kHostSpec); }), HasSubstr("meta"));
  EXPECT_THAT(message_of([&] { select(here, nowhere, kHostSpec); }), HasSubstr("one device"));
  SelectionSpec by_name = kHostSpec;
  by_name.backend = Backend::kCpu;
  EXPECT_THAT(message_of([&] { select(nowhere, nowhere, by_name); }), HasSubstr("meta"));
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
