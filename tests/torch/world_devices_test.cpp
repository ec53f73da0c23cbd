// World over a process group with backends for several kinds of devices, as NCCL beside Gloo: which
// one a tensor goes by. Tensors on LibTorch's device `meta` stand for those of a GPU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "jest/torch/world.hpp"

namespace jest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

struct Done : c10d::Work {
  bool wait(std::chrono::milliseconds) override { return true; }
};

struct NoBackend : c10d::Backend {
  NoBackend() : Backend(0, 2) {}
};

/// Rank 0 of 2. Writes down which collective is called with tensors of which device; the other rank
/// has what this one has.
struct WritesDown : c10d::ProcessGroup {
  using Work = c10::intrusive_ptr<c10d::Work>;

  explicit WritesDown(const std::vector<c10::DeviceType>& types) : ProcessGroup(0, 2) {
    auto name = static_cast<int>(BackendType::GLOO);
    for (const c10::DeviceType type : types) {
      setBackend(type, static_cast<BackendType>(name++), c10::make_intrusive<NoBackend>());
    }
  }

  Work allreduce(std::vector<at::Tensor>& tensors, const c10d::AllreduceOptions&) override {
    return write("allreduce", tensors[0]);
  }
  Work broadcast(std::vector<at::Tensor>& tensors, const c10d::BroadcastOptions&) override {
    return write("broadcast", tensors[0]);
  }
  Work alltoall_base(at::Tensor& out, at::Tensor& in, std::vector<std::int64_t>&,
                     std::vector<std::int64_t>&, const c10d::AllToAllOptions&) override {
    EXPECT_EQ(out.device(), in.device());
    out.view(-1).copy_(in.view(-1));
    return write("alltoall", in);
  }

  Work write(const char* what, const at::Tensor& tensor) {
    written.push_back(text(what, " ", c10::DeviceTypeName(tensor.device().type(), true)));
    return c10::make_intrusive<Done>();
  }

  std::vector<std::string> written;
};

/// What a World of a group with backends for `types` calls.
template <class Work>
std::vector<std::string> calls(const std::vector<c10::DeviceType>& types, const Work& work) {
  const auto group = c10::make_intrusive<WritesDown>(types);
  World world(group);
  work(world);
  return group->written;
}

at::Tensor values_on(c10::DeviceType device, const std::vector<std::int64_t>& shape = {4, 3}) {
  return torch::ones(shape, torch::device(device));
}

const std::vector<std::int64_t> kCounts{4, 4};
/// Such a tensor has no data that could be copied, and the attempt is seen.
const auto kCopiesMeta = ThrowsMessage<c10::Error>(HasSubstr("Cannot copy out of meta tensor"));

TEST(WorldDevices, ATensorGoesByTheBackendOfItsDevice) {
  for (const auto device : {c10::kCPU, c10::kMeta}) {
    const std::string name = device == c10::kCPU ? "cpu" : "meta";
    const auto called = calls({c10::kCPU, c10::kMeta}, [&](World& world) {
      EXPECT_EQ(world.gather_rows(values_on(device), kCounts).device().type(), device);
      EXPECT_EQ(world.sum_own_rows(values_on(device, {8, 3}), kCounts).device().type(), device);
      world.broadcast(values_on(device));
    });
    EXPECT_THAT(called, ElementsAre("alltoall " + name, "alltoall " + name, "broadcast " + name));
  }
}

TEST(WorldDevices, SmallSumsAreExchangesOnTheHostAlone) {
  const auto sums = [](World& world) {
    for (const auto device : {c10::kCPU, c10::kMeta}) world.sum(values_on(device));
    world.sum(values_on(c10::kCPU, {2000, 1000}));
    world.sum(1.0);
  };
  EXPECT_THAT(calls({c10::kCPU, c10::kMeta}, sums),
              ElementsAre("alltoall cpu", "allreduce meta", "allreduce cpu", "alltoall cpu"));
}

TEST(WorldDevices, GradientsStayOnTheDeviceAndMessagesOnTheHost) {
  const auto called = calls({c10::kCPU, c10::kMeta}, [](World& world) {
    const at::Tensor weight = values_on(c10::kMeta).requires_grad_();
    const at::Tensor all = everybodys(world, weight * 2, kCounts);
    EXPECT_EQ(all.sizes(), (std::vector<std::int64_t>{8, 3}));
    all.sum().backward();
    sum_gradients(world, {weight}, 1);
    EXPECT_TRUE(weight.grad().is_meta());
  });
  EXPECT_THAT(called,
              ElementsAre("alltoall meta", "alltoall meta", "alltoall cpu", "allreduce meta"));
}

TEST(WorldDevices, GradientsOfLargeWeightsAreSumsAlone) {
  const auto called = calls({c10::kCPU}, [](World& world) {
    std::vector<at::Tensor> weights;
    for (int k = 0; k < 3; ++k) {
      weights.push_back(values_on(c10::kCPU, {1024, 1024}).requires_grad_());
      weights.back().mutable_grad() = values_on(c10::kCPU, {1024, 1024});
    }
    sum_gradients(world, weights, 1);
  });
  EXPECT_THAT(called,
              ElementsAre("alltoall cpu", "allreduce cpu", "allreduce cpu", "allreduce cpu"));
}

TEST(WorldDevices, WithoutABackendOfItsOwnATensorGoesByTheHost) {
  const auto called = calls({c10::kXLA, c10::kCPU, c10::kHPU}, [](World& world) {
    EXPECT_THAT([&] { world.broadcast(values_on(c10::kMeta)); }, kCopiesMeta);  // to the host
  });
  EXPECT_THAT(called, IsEmpty());
}

TEST(WorldDevices, WhereThereIsNoneForTheHostMessagesGoByTheOther) {
  const auto called = calls({c10::kMeta}, [](World& world) {
    EXPECT_THAT([&] { world.broadcast(values_on(c10::kCPU)); }, kCopiesMeta);  // back again
  });
  EXPECT_THAT(called, ElementsAre("broadcast meta"));
}

}  // namespace
}  // namespace jest
