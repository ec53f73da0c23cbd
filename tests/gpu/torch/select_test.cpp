// Selection of CUDA tensors: the host's picks, on the device, on the current stream.
#include <ATen/core/dispatch/Dispatcher.h>
#include <gmock/gmock.h>

#include "gpu/torch/on_device.hpp"
#include "jest/select/cuda.hpp"
#include "jest/torch/device_select.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/tensors.hpp"

namespace jest {
namespace {

using oracle::message_of;
using oracle::representable_tensors;
using ::testing::HasSubstr;

class CudaTensors : public gpu::OnTorchDevice {
 protected:
  Selection on_host(const PairScore& score = {}) const {
    SelectionSpec plain = spec;
    plain.backend = Backend::kEigen;
    return select({learner, reference}, plain, score);
  }
  PairTensors pairs() const { return {there(learner), there(reference)}; }
  /// With scale and bias on the host nothing needs to be read back.
  PairTensors pairs_without_waiting() const {
    PairTensors result = pairs();
    result.learner.scale = result.reference.scale = learner.scale;
    result.learner.bias = result.reference.bias = learner.bias;
    return result;
  }

  Embeddings learner = representable_tensors(3000, 61, 1);
  Embeddings reference = representable_tensors(3000, 40, 2);
  SelectionSpec spec{.count = 640, .sampling = {.gain = 0.1}, .seed = 5, .step = 3};
};

TEST_F(CudaTensors, GiveThePicksOfTheHostInEveryTypeAndByBothLosses) {
  for (const Contrast contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    const Selection want = on_host({.contrast = contrast});
    for (const auto type : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble}) {
      PairTensors typed = pairs();
      for (Embeddings* model : {&typed.learner, &typed.reference}) {
        model->x = model->x.to(type);
        model->y = model->y.to(type);
      }
      const Selection got = select(typed, spec, {.contrast = contrast});
      EXPECT_EQ(got.indices, want.indices) << type;
      EXPECT_TRUE(torch::tensor(got.scores).allclose(torch::tensor(want.scores), 1e-5, 1e-5));
      EXPECT_EQ(got.statistics.backend, "cuda");
      EXPECT_GT(got.statistics.extra_bytes, 0);
      EXPECT_NEAR(got.statistics.mean_own_score_picks, want.statistics.mean_own_score_picks, 1e-6);
    }
  }
}

TEST_F(CudaTensors, LeaveTheirPicksOnTheDevice) {
  const PairTensors there = pairs();
  const DevicePicks picks = select_on_device(there, spec);
  EXPECT_EQ(picks.indices.device(), device);
  EXPECT_EQ(picks.scores.device(), device);
  const at::Tensor rows = there.learner.x.index_select(0, picks.indices);
  picks.check();
  EXPECT_TRUE(rows.cpu().equal(learner.x.index_select(0, index_tensor(on_host()))));
}

TEST_F(CudaTensors, LetTheHostGoOn) {
  PairTensors there = pairs_without_waiting();
  const auto ids = oracle::shuffled_ids(3000, 3);
  there.ids = id_tensor(ids);
  const Selection want = select_on_device(there, spec).selection();  // memory is there from now on
  select_on_device(there, spec).check();
  const at::Tensor work = gpu::long_work(device);
  const DevicePicks picks = select_on_device(there, spec);
  EXPECT_FALSE(gpu::streams().getStream(device).query()) << "the call waited";
  EXPECT_EQ(picks.selection().indices, want.indices);
}

TEST_F(CudaTensors, AreReadInTheOrderOfTheCurrentStream) {
  const auto want = on_host().indices;
  const PairTensors ready = pairs_without_waiting();
  for (int call = 0; call < 6; ++call) {
    const gpu::OtherStream other(device);
    PairTensors late = ready;
    late.learner.x = torch::zeros_like(ready.learner.x);
    const at::Tensor work = gpu::long_work(device);
    late.learner.x.copy_(ready.learner.x);  // behind the work; another stream would read zeros
    EXPECT_EQ(select_on_device(late, spec).selection().indices, want) << call;
  }
}

TEST_F(CudaTensors, GiveTheSameOnTwoStreamsAtOnce) {
  const auto want = on_host().indices;
  const PairTensors ready = pairs_without_waiting();
  gpu::streams().synchronizeDevice(device.index());
  std::vector<DevicePicks> picks;
  for (int call = 0; call < 8; ++call) {
    const gpu::OtherStream other(device);
    picks.push_back(select_on_device(ready, spec));
  }
  gpu::streams().synchronizeDevice(device.index());
  for (const DevicePicks& one : picks) EXPECT_EQ(one.selection().indices, want);
}

/// Copies on the stream that is current now would be ahead of the selection.
TEST_F(CudaTensors, AreWaitedForWhateverStreamIsCurrent) {
  const auto want = on_host().indices;
  const PairTensors ready = pairs_without_waiting();
  gpu::streams().synchronizeDevice(device.index());
  for (int call = 0; call < 3; ++call) {
    DevicePicks picks;
    {
      const gpu::OtherStream other(device);
      const at::Tensor work = gpu::long_work(device);
      picks = select_on_device(ready, spec);
    }
    EXPECT_EQ(picks.selection().indices, want) << call;
  }
}

/// The call returns before the device reads them.
TEST_F(CudaTensors, DoNotNeedPinnedIdsAfterTheCall) {
  const auto ids = oracle::shuffled_ids(3000, 3);
  PairTensors there = pairs_without_waiting();
  there.ids = torch::tensor(ids).to(device);
  const auto want = select_on_device(there, spec).selection().indices;
  there.ids = torch::tensor(ids).pin_memory();
  const at::Tensor work = gpu::long_work(device);
  const DevicePicks picks = select_on_device(there, spec);
  there.ids.zero_();
  EXPECT_EQ(picks.selection().indices, want);
}

TEST_F(CudaTensors, TakeIdsOfTheHostAndOfTheDevice) {
  const auto ids = oracle::shuffled_ids(3000, 3);
  SelectionSpec plain = spec;
  plain.backend = Backend::kEigen;
  const auto want = select({learner, reference, id_tensor(ids)}, plain).indices;
  PairTensors there = pairs();
  for (const at::Tensor& tensor :
       {id_tensor(ids), torch::tensor(ids), torch::tensor(ids).to(device)}) {
    there.ids = tensor;
    EXPECT_EQ(select(there, spec).indices, want) << tensor.device();
    EXPECT_EQ(select(there, plain).indices, want) << tensor.device();
    EXPECT_EQ(select_on_device(there, spec).selection().indices, want) << tensor.device();
  }
}

TEST_F(CudaTensors, SayWhatWasWrongOnceTheyAreAsked) {
  learner.x.slice(0, 0, 2900).fill_(NAN);
  const DevicePicks picks = select_on_device(pairs(), spec);
  EXPECT_EQ(message_of([&] { picks.check(); }), message_of([&] { on_host(); }));
  EXPECT_THROW(picks.selection(), Error);
  learner = representable_tensors(3000, 61, 1);
  PairTensors repeated = pairs();
  repeated.ids = torch::zeros({3000}, at::kLong);
  EXPECT_THAT(message_of([&] { select_on_device(repeated, spec).check(); }),
              HasSubstr("distinct ids"));
  repeated.ids = at::Tensor();
  repeated.reference = reference;
  EXPECT_THAT(message_of([&] { select_on_device(repeated, spec); }), HasSubstr("one device"));
}

TEST_F(CudaTensors, AreCopiedForABackendOfTheHost) {
  const PairTensors there = pairs();
  for (const auto backend : {Backend::kEigen, Backend::kCpu}) {
    spec.backend = backend;
    const Selection want = select({learner, reference}, spec);
    const DevicePicks got = select_on_device(there, spec);
    EXPECT_EQ(got.indices.device(), device);
    EXPECT_EQ(got.selection().indices, want.indices);
    EXPECT_EQ(got.statistics.backend, want.statistics.backend);
  }
}

TEST_F(CudaTensors, OfAnyStridesAreRead) {
  const auto want = on_host().indices;
  PairTensors there = pairs();
  there.learner.x = torch::cat({there.learner.x, there.learner.y}, 1).slice(1, 0, 61);
  there.learner.y = there.learner.y.t().contiguous().t();
  EXPECT_EQ(select_on_device(there, spec).selection().indices, want);
}

TEST_F(CudaTensors, OfAnotherDeviceThanTheCurrentOneAreSelectedThere) {
  if (gpu::streams().deviceCount() < 2) GTEST_SKIP() << "one CUDA device on this machine";
  const at::Device second(at::kCUDA, 1);
  const DevicePicks picks =
      select_on_device({to_device(learner, second), to_device(reference, second)}, spec);
  EXPECT_EQ(picks.indices.device(), second);
  EXPECT_EQ(picks.selection().indices, on_host().indices);
  EXPECT_EQ(gpu::streams().getDevice(), device);
}

TEST_F(CudaTensors, AreSelectedFromByTheOperator) {
  const auto operation = c10::Dispatcher::singleton().findSchemaOrThrow("jest::select", "");
  const PairTensors there = pairs();
  torch::jit::Stack stack;
  const std::map<std::string, c10::IValue> given{{"learner_x", there.learner.x},
                                                 {"learner_y", there.learner.y},
                                                 {"reference_x", there.reference.x},
                                                 {"reference_y", there.reference.y},
                                                 {"count", 640},
                                                 {"gain", 0.1},
                                                 {"seed", 5},
                                                 {"step", 3},
                                                 {"learner_scale", 0.5},
                                                 {"learner_bias", -2.0},
                                                 {"reference_scale", 0.5},
                                                 {"reference_bias", -2.0}};
  for (const c10::Argument& argument : operation.schema().arguments()) {
    stack.push_back(given.contains(argument.name())
                        ? given.at(argument.name())
                        : argument.default_value().value_or(c10::IValue()));
  }
  operation.callBoxed(stack);
  EXPECT_EQ(stack.at(0).toTensor().device(), device);
  EXPECT_TRUE(stack.at(0).toTensor().cpu().equal(index_tensor(on_host())));
}

}  // namespace
}  // namespace jest
