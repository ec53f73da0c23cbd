// Criteria without contrast on a device: against the dense sampler and the host, and enqueued.
#include <numeric>
#include <thread>

#include "gpu/device_memory.hpp"
#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/dense_sampler.hpp"
#include "oracle/linear_cases.hpp"
#include "oracle/message_of.hpp"

namespace jest {
namespace {

using gpu::Answer;
using gpu::answer_of;
using oracle::Features;
using oracle::WeighedLosses;

class CudaLinear : public gpu::OnDevice {};

Selection select_on_device(const WeighedLosses& losses, const SelectionSpec& spec) {
  return cuda::select(losses.losses(), spec, losses.weights);
}
template <class Criterion>
Selection select_on_device(const Criterion& criterion, const SelectionSpec& spec) {
  return cuda::select(criterion, spec);
}

constexpr auto kExpectDense = [](const auto& criterion, const SelectionSpec& spec) {
  const auto got = select_on_device(criterion, spec);
  const auto want =
      oracle::dense_select(oracle::dense(criterion, spec.interaction()), spec, criterion.ids);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_TRUE(oracle::agree(got.scores, want.scores));
  EXPECT_EQ(got.statistics.nan_count, want.nan_count);
};

TEST_F(CudaLinear, PicksWhatTheDenseSamplerPicksForEveryPresetAndWeight) {
  oracle::for_every_preset_without_contrast(kExpectDense);
}

TEST_F(CudaLinear, PicksWhatTheDenseSamplerPicksForRandomShapes) {
  oracle::for_random_shapes_without_contrast(13, 500, kExpectDense);
}

TEST_F(CudaLinear, PicksWhatTheHostPicksByTheBackendsName) {
  const Features features({20000, 65});
  const WeighedLosses losses(20000, {0.3, 1.7});
  for (const Preset preset : {Preset::kJoint, Preset::kMeanField, Preset::kTopK}) {
    const SelectionSpec spec{
        .count = 12000,
        .sampling = {.preset = preset, .gain = 2, .interaction = {.value = 1e-3}},
        .seed = 3};
    SelectionSpec there = spec;
    there.backend = Backend::kCuda;
    EXPECT_EQ(select(features.gradients(), there).indices,
              select(features.gradients(), spec).indices);
    EXPECT_EQ(select(features.diversity(), there).indices,
              select(features.diversity(), spec).indices);
    const auto got = select(losses.losses(), there, losses.weights);
    const auto want = select(losses.losses(), spec, losses.weights);
    EXPECT_EQ(got.indices, want.indices);
    EXPECT_EQ(got.scores, want.scores);
    EXPECT_EQ(got.statistics.backend, "cuda");
  }
}

TEST_F(CudaLinear, SetsNanAsideAndSaysWhatTheHostSays) {
  Features features({50, 6});
  features.embeddings.x_row(4)[0] = NAN;
  features.own[20] = NAN;
  WeighedLosses losses(50, kLearnability);
  losses.reference[44] = NAN;
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    const SelectionSpec spec{.count = 20, .sampling = {.preset = preset, .gain = 2}};
    kExpectDense(features.gradients(), spec);
    kExpectDense(losses, spec);
  }
  const SelectionSpec spec{.count = 50};
  EXPECT_EQ(oracle::message_of([&] { cuda::select(features.gradients(), spec); }),
            oracle::message_of([&] { select(features.gradients(), spec); }));
  EXPECT_EQ(oracle::message_of([&] { cuda::select(losses.losses(), spec, losses.weights); }),
            oracle::message_of([&] { select(losses.losses(), spec, losses.weights); }));
}

TEST_F(CudaLinear, BreaksTiesByTheSmallerId) {
  WeighedLosses losses(5000, kLearnability);
  std::fill(losses.learner.begin(), losses.learner.end(), 2.0F);
  std::fill(losses.reference.begin(), losses.reference.end(), 1.0F);
  const auto ids = oracle::shuffled_ids(5000, 5);
  std::vector<std::int64_t> want(5000);
  std::iota(want.begin(), want.end(), 0);
  std::sort(want.begin(), want.end(), [&](auto a, auto b) { return ids[a] < ids[b]; });
  want.resize(4000);
  losses.ids = ids;
  const SelectionSpec spec{.count = 4000, .sampling = {.preset = Preset::kTopK}};
  EXPECT_EQ(select_on_device(losses, spec).indices, want);
}

/// What a DeviceAlignment points to.
struct Uploaded {
  explicit Uploaded(std::uint64_t seed)
      : host({3000, 40, 5}, seed),
        features(host.embeddings.x),
        direction(host.direction),
        own(host.own) {}

  cuda::DeviceAlignment alignment() const {
    return {.features = {features.data(), 3000, 40, 45, cuda::Element::kFloat32},
            .direction = direction.data(),
            .step_size = 0.7,
            .added = own.data()};
  }

  Features host;
  gpu::Buffer<float> features;
  gpu::Buffer<float> direction;
  gpu::Buffer<double> own;
};

constexpr cuda::Engine kDirectly{.launch = cuda::Launch::kDirect};

TEST_F(CudaLinear, ReplaysAGraphWithOtherNumbersAndPointers) {
  const Uploaded first(1);
  const Uploaded second(2);
  const SelectionSpec spec{
      .count = 600, .sampling = {.gain = 3, .interaction = {.value = 0.01}}, .seed = 3};
  cuda::Selector selector(cuda::Engine{});
  gpu::Place place(first.alignment(), spec, {});
  for (int call = 0; call < 8; ++call) {
    SelectionSpec other = spec;
    other.seed += static_cast<std::uint64_t>(call / 2);
    if (call == 5) other.sampling.interaction.value = 0.02;
    cuda::DeviceAlignment alignment = call < 4 ? first.alignment() : second.alignment();
    if (call == 6) alignment.step_size = 2;
    if (call == 7) alignment.added = nullptr;
    place.enqueue(selector, alignment, other);
    EXPECT_EQ(place.answer(), answer_of(alignment, other, kDirectly)) << call;
  }
}

TEST_F(CudaLinear, GivesTheSameBitsInEveryRunAndStream) {
  const Uploaded uploaded(1);
  const SelectionSpec spec{
      .count = 600, .sampling = {.gain = 3, .interaction = {.value = 0.01}}, .seed = 3};
  const Answer want = answer_of(uploaded.alignment(), spec, kDirectly);
  std::vector<std::thread> threads;
  std::vector<Answer> answers(4);
  for (Answer& answer : answers) {
    threads.emplace_back([&] {
      cuda::Selector selector(cuda::Engine{});
      gpu::Place place(uploaded.alignment(), spec, {});
      for (int call = 0; call < 5; ++call) place.enqueue(selector, uploaded.alignment(), spec);
      answer = place.answer();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Answer& answer : answers) EXPECT_EQ(answer, want);
}

}  // namespace
}  // namespace jest
