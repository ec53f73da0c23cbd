// The CUDA backend's criteria without contrast, walked on the host, against the dense sampler.
#include <gtest/gtest.h>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/dense_sampler.hpp"
#include "oracle/host_twin.hpp"
#include "oracle/linear_cases.hpp"
#include "oracle/message_of.hpp"
#include "select/cuda/elements.hpp"

namespace jest {
namespace {

using oracle::device_criterion;
using oracle::Features;
using oracle::WeighedLosses;

template <class Criterion>
void expect_dense_linear_selection(const Criterion& criterion, const SelectionSpec& spec) {
  const auto got = oracle::twin_select(device_criterion(criterion), spec, {});
  const auto want =
      oracle::dense_select(oracle::dense(criterion, spec.interaction()), spec, criterion.ids);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_TRUE(oracle::agree(got.scores, want.scores));
  EXPECT_EQ(got.report.nan_count, want.nan_count);
  EXPECT_EQ(got.report.faults, 0U);
}

constexpr auto kExpectDense = [](const auto& criterion, const SelectionSpec& spec) {
  expect_dense_linear_selection(criterion, spec);
};

TEST(CudaLinearTwin, PicksWhatTheDenseSamplerPicksForEveryPresetAndWeight) {
  oracle::for_every_preset_without_contrast(kExpectDense);
}

TEST(CudaLinearTwin, PicksWhatTheDenseSamplerPicksForRandomShapes) {
  oracle::for_random_shapes_without_contrast(11, 200, kExpectDense);
}

/// Rounds whose picks are added in as many groups as there may be, of more than the least rows.
TEST(CudaLinearTwin, PicksWhatTheHostPicksOverManyGroups) {
  const Features features({20000, 3});
  const cuda::RowGroups groups{9000};
  ASSERT_GT(groups.group_rows(), cuda::RowGroups::kLeastRows);
  ASSERT_GT(groups.count(), cuda::kMostRowGroups - 16);
  ASSERT_LE(groups.count(), cuda::kMostRowGroups);
  for (const Preset preset : {Preset::kJoint, Preset::kMeanField}) {
    SelectionSpec spec{.count = 18000,
                       .sampling = {.preset = preset, .gain = 1, .interaction = {.value = 1e-3}},
                       .seed = 4};
    if (preset == Preset::kJoint) spec.sampling.chunks = 2;
    const auto want = select(features.gradients(), spec);
    const auto got = oracle::twin_select(device_criterion(features.gradients()), spec, {});
    EXPECT_EQ(got.indices, want.indices);
    EXPECT_TRUE(oracle::agree(got.scores, want.scores));
    EXPECT_NEAR(got.report.mean_own_score_picks, want.statistics.mean_own_score_picks, 1e-9);
  }
}

TEST(CudaLinearTwin, ReadsLossesBitForBitAsTheHostDoes) {
  for (const ScoreWeights& weights : {kLearnability, kHardLearner, ScoreWeights{0.3, 1.7}}) {
    WeighedLosses losses(500, weights);
    losses.learner[7] = INFINITY;
    losses.reference[8] = weights.reference != 0 ? INFINITY : 1;
    const SelectionSpec spec{.count = 100, .sampling = {.gain = 2}};
    const auto got = oracle::twin_select(device_criterion(losses), spec, {});
    const auto want = select(losses.losses(), spec, weights);
    EXPECT_EQ(got.indices, want.indices);
    EXPECT_EQ(got.scores, want.scores);
    EXPECT_EQ(got.indices[0], 7);
  }
}

TEST(CudaLinearTwin, SetsNanAside) {
  Features features({50, 6});
  features.embeddings.x_row(4)[0] = NAN;
  features.embeddings.x_row(9)[5] = NAN;
  features.own[20] = NAN;
  WeighedLosses losses(50, kLearnability);
  losses.learner[3] = NAN;
  losses.reference[44] = NAN;
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    const SelectionSpec spec{.count = 20, .sampling = {.preset = preset, .gain = 2}};
    // A row with NaN is set aside even where the dense own term, importance alone, has none.
    const auto want = select(features.diversity(), spec);
    const auto got = oracle::twin_select(device_criterion(features.diversity()), spec, {});
    EXPECT_EQ(got.indices, want.indices);
    EXPECT_EQ(got.report.nan_count, 3);
    expect_dense_linear_selection(features.gradients(), spec);
    expect_dense_linear_selection(losses, spec);
  }
  losses.weights = kHardLearner;
  EXPECT_EQ(oracle::twin_select(device_criterion(losses), {.count = 3}, {}).report.nan_count, 1);
}

TEST(CudaLinearTwin, ScoresALoneCandidateByItsOwnTerm) {
  Features features({3, 4});
  features.embeddings.x_row(0)[2] = NAN;
  features.embeddings.x_row(2)[0] = NAN;
  expect_dense_linear_selection(features.gradients(),
                                {.count = 1, .sampling = {.preset = Preset::kMeanField}});
}

TEST(CudaLinearTwin, BreaksTiesByTheSmallerId) {
  Features features({40, 4});
  for (std::int64_t i = 1; i < 40; ++i) {
    std::copy_n(features.embeddings.x_row(0), 4, features.embeddings.x_row(i));
  }
  std::fill(features.own.begin(), features.own.end(), 0.5);
  WeighedLosses losses(40, kLearnability);
  std::fill(losses.learner.begin(), losses.learner.end(), 2.0F);
  std::fill(losses.reference.begin(), losses.reference.end(), 1.0F);
  const auto ids = oracle::shuffled_ids(40, 5);
  features.ids = losses.ids = ids;
  for (const Preset preset : {Preset::kTopK, Preset::kGreedy}) {
    const SelectionSpec spec{.count = 30, .sampling = {.preset = preset}};
    expect_dense_linear_selection(features.gradients(), spec);
    expect_dense_linear_selection(features.diversity(), spec);
    expect_dense_linear_selection(losses, spec);
  }
}

TEST(CudaLinearTwin, SaysWhatTheHostSays) {
  WeighedLosses losses(30, kHardLearner);
  losses.learner[3] = NAN;
  const SelectionSpec spec{.count = 30};
  const auto report = oracle::twin_select(device_criterion(losses), spec, {}).report;
  EXPECT_EQ(oracle::message_of([&] { cuda::check_report(report, spec, 30); }),
            oracle::message_of([&] { select(losses.losses(), spec, kHardLearner); }));
}

TEST(CudaLinearTwin, ReadsSixteenBitFeatures) {
  Features features({60, 9});
  std::vector<std::uint16_t> bits;
  for (float& value : features.embeddings.x) {
    bits.push_back(cuda::to_bfloat16(value));
    value = cuda::from_bfloat16(bits.back());
  }
  auto narrow = device_criterion(features.gradients());
  narrow.features = {bits.data(), 60, 9, 9, cuda::Element::kBfloat16};
  const SelectionSpec spec{.count = 30, .sampling = {.gain = 2}};
  const auto got = oracle::twin_select(narrow, spec, {});
  const auto want = oracle::twin_select(device_criterion(features.gradients()), spec, {});
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_EQ(got.scores, want.scores);
}

TEST(CudaLinearPlan, TakesNoMoreMemoryThanTheHeaderStates) {
  for (const std::int64_t candidates : {20, 700, 163840}) {
    const SelectionSpec spec{.count = (candidates + 4) / 5};
    static const float kSomewhere[1] = {};
    const cuda::DeviceAlignment alignment{
        .features = {kSomewhere, candidates, 768, 768, cuda::Element::kFloat32},
        .direction = kSomewhere};
    const std::int64_t lists = 112 * candidates + 25 * 256 + 32 * candidates + (4 << 20);
    EXPECT_LE(cuda::workspace_bytes(alignment, spec, {}), lists + 8 * 257 * 768);
    EXPECT_GE(cuda::workspace_bytes(alignment, spec, {}), 8 * 257 * 768);
    const cuda::DeviceLosses losses{kSomewhere, kSomewhere, candidates};
    EXPECT_LE(cuda::workspace_bytes(losses, spec, {}), lists);
  }
}

TEST(CudaLinearPlan, RefusesWhatIsImpossible) {
  const Features features({10, 4});
  auto alignment = device_criterion(features.gradients());
  EXPECT_THROW(cuda::workspace_bytes(alignment, {.count = 11}, {}), Error);
  alignment.direction = nullptr;
  EXPECT_THROW(cuda::workspace_bytes(alignment, {.count = 2}, {}), Error);
  auto diversity = device_criterion(features.diversity());
  diversity.strength = INFINITY;
  EXPECT_THROW(cuda::workspace_bytes(diversity, {.count = 2}, {}), Error);
  diversity = device_criterion(features.diversity());
  diversity.importance = nullptr;
  EXPECT_THROW(cuda::workspace_bytes(diversity, {.count = 2}, {}), Error);
  auto losses = device_criterion(WeighedLosses(10, kLearnability));
  losses.reference = nullptr;
  EXPECT_THROW(cuda::workspace_bytes(losses, {.count = 2}, {}), Error);
  losses.weights = kHardLearner;
  EXPECT_GT(cuda::workspace_bytes(losses, {.count = 2}, {}), 0);
}

}  // namespace
}  // namespace jest
