// The CUDA backend's pipeline and kernels, walked on the host, against the dense sampler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/dense_sampler.hpp"
#include "oracle/device_pairs.hpp"
#include "oracle/host_twin.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/selection_cases.hpp"

namespace jest {
namespace {

using ::testing::HasSubstr;

constexpr cuda::Engine kExact{.operands = cuda::Operands::kFloat32};
constexpr double kTolerance = 1e-5;  // float32 products and functions

template <class Pairs>
class CudaTwin : public ::testing::Test {};
using Criteria = ::testing::Types<SigmoidPairs, SoftmaxPairs>;
TYPED_TEST_SUITE(CudaTwin, Criteria);

template <class Pairs>
void expect_dense_selection(const Pairs& pairs, const SelectionSpec& spec) {
  const auto got = oracle::twin_select(oracle::device_pairs(pairs), spec, kExact);
  const auto want = oracle::dense_select(oracle::dense(pairs, spec.interaction()), spec, pairs.ids);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_TRUE(oracle::agree(got.scores, want.scores, kTolerance));
  EXPECT_EQ(got.report.nan_count, want.nan_count);
  EXPECT_EQ(got.report.faults, 0U);
}

TYPED_TEST(CudaTwin, PicksWhatTheDenseSamplerPicksForEveryPresetAndWeight) {
  oracle::for_every_preset_and_weight<TypeParam>(expect_dense_selection<TypeParam>);
}

TYPED_TEST(CudaTwin, PicksWhatTheDenseSamplerPicksForRandomShapes) {
  oracle::for_random_shapes<TypeParam>({23, 200, 30}, expect_dense_selection<TypeParam>);
}

/// Sums of thousands of float32 terms may exchange neighbours in the order of keys: the first round
/// is the same, later ones nearly, and what both picked has the same scores.
void expect_nearly(const oracle::TwinSelection& got, const Selection& want, std::int64_t exact) {
  EXPECT_TRUE(std::equal(want.indices.begin(), want.indices.begin() + exact, got.indices.begin()));
  std::map<std::int64_t, double> scores;
  for (std::size_t k = 0; k < want.indices.size(); ++k) scores[want.indices[k]] = want.scores[k];
  std::size_t shared = 0;
  for (std::size_t k = 0; k < got.indices.size(); ++k) {
    const auto found = scores.find(got.indices[k]);
    if (found == scores.end()) continue;
    EXPECT_TRUE(oracle::agree(got.scores[k], found->second, kTolerance)) << k;
    ++shared;
  }
  EXPECT_GE(shared, want.indices.size() - want.indices.size() / 500);
}

/// Many tiles of candidates, and several groups of columns of a thread.
TYPED_TEST(CudaTwin, PicksWhatThePlainBackendPicksOverManyTilesAndGroups) {
  const auto models = oracle::random_models({9000, 3}, 4);
  const auto pairs = models.pairs<TypeParam>(kHardLearner);
  const SelectionSpec spec{.count = 8400,
                           .sampling = {.chunks = 2, .gain = 0.01},
                           .seed = 4,
                           .backend = Backend::kEigen};
  const auto plan = cuda::plan_of(oracle::device_pairs(pairs), spec, kExact);
  ASSERT_GT(plan.slice_columns(), cuda::kGroupColumns * cuda::kWarp);
  ASSERT_GT(plan.take(0), plan.slice_columns());
  ASSERT_GT(plan.remaining(1), plan.tile_rows());
  const auto want = select(pairs, spec);
  const auto got = oracle::twin_select(oracle::device_pairs(pairs), spec, kExact);
  expect_nearly(got, want, plan.take(0));
  EXPECT_NEAR(got.report.mean_own_score_super_batch, want.statistics.mean_own_score_super_batch,
              1e-9);
  EXPECT_NEAR(got.report.own_score_deviation, want.statistics.own_score_deviation, 1e-9);
  EXPECT_NEAR(got.report.mean_own_score_picks, want.statistics.mean_own_score_picks, 1e-2);
}

/// Multiples of 1/4 are exact as float16. Rounds of several tiles of columns, tiles of rows.
TYPED_TEST(CudaTwin, PicksByTheFusedRouteWhatThePlainBackendPicks) {
  auto models = oracle::random_models({700, 5}, 4);
  for (auto* model : {&models.learner, &models.reference}) {
    for (auto* side : {&model->x, &model->y}) {
      for (float& value : *side) value = std::nearbyint(value * 8) / 4;
    }
  }
  const auto pairs = models.pairs<TypeParam>();
  const SelectionSpec spec{
      .count = 420, .sampling = {.chunks = 3, .gain = 1}, .seed = 4, .backend = Backend::kEigen};
  const auto want = select(pairs, spec);
  const auto got =
      oracle::twin_select(oracle::device_pairs(pairs), spec, {.route = cuda::Route::kFused});
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_TRUE(oracle::agree(got.scores, want.scores, kTolerance));
  EXPECT_EQ(got.report.faults, 0U);
}

/// Scales at which powers of two need their shift, and logits that it cannot save.
TEST(CudaTwinFused, SumsSoftmaxOfLargeScalesOrReportsAFault) {
  auto models = oracle::random_models({300, 16}, 4);
  models.learner.scale = 100;
  for (std::int64_t i = 1; i < 300; ++i) {  // logits up to the scale
    std::copy_n(models.learner.x_row(i - 1), 16, models.learner.y_row(i));
  }
  auto pairs = models.pairs<SoftmaxPairs>(kHardLearner);
  const SelectionSpec spec{
      .count = 200, .sampling = {.chunks = 2, .gain = 0.1}, .backend = Backend::kEigen};
  const cuda::Engine fused{.operands = cuda::Operands::kFloat16x3, .route = cuda::Route::kFused};
  const auto want = select(pairs, spec);
  const auto got = oracle::twin_select(oracle::device_pairs(pairs), spec, fused);
  EXPECT_EQ(got.report.faults, 0U);
  EXPECT_TRUE(oracle::agree(got.scores, want.scores, 1e-4));
  pairs.learner.scale = 1000;
  const auto report = oracle::twin_select(oracle::device_pairs(pairs), spec, fused).report;
  EXPECT_NE(report.faults & cuda::kLogitRange, 0U);
  EXPECT_THAT(oracle::message_of([&] { cuda::check_report(report, spec, 300); }),
              HasSubstr("or route products"));
  for (float& value : models.learner.x) value *= 100;  // beyond float32
  pairs.learner.scale = 10;
  EXPECT_EQ(oracle::twin_select(oracle::device_pairs(pairs), spec, fused).report.faults,
            cuda::kLogitRange);
}

TEST(CudaTwinFused, IsPreferredForSigmoidAlone) {
  const auto models = oracle::random_models({2000, 4}, 4);
  const SelectionSpec spec{.count = 1000, .sampling = {.chunks = 4}};
  const auto plan_of = [&](const auto& pairs) {
    return cuda::plan_of(oracle::device_pairs(pairs), spec, {});
  };
  EXPECT_TRUE(cuda::prefers_fused(plan_of(models.pairs<SigmoidPairs>())));
  EXPECT_TRUE(cuda::fits_fused(plan_of(models.pairs<SoftmaxPairs>())));
  EXPECT_FALSE(cuda::prefers_fused(plan_of(models.pairs<SoftmaxPairs>())));
}

/// Float16 alone is a thousand times further from exact products than its three parts.
TYPED_TEST(CudaTwin, ScoresByThreeProductsAsExactlyAsByFloat32) {
  const auto models = oracle::random_models({300, 40, 1}, 12);
  const auto pairs = models.pairs<TypeParam>();
  for (const Preset preset : {Preset::kJoint, Preset::kMeanField}) {
    const SelectionSpec spec{.count = 120,
                             .sampling = {.preset = preset, .gain = 3},
                             .seed = 4,
                             .backend = Backend::kEigen};
    const auto want = select(pairs, spec);
    const cuda::Engine split{.operands = cuda::Operands::kFloat16x3};
    const auto got = oracle::twin_select(oracle::device_pairs(pairs), spec, split);
    EXPECT_EQ(got.indices, want.indices);
    EXPECT_TRUE(oracle::agree(got.scores, want.scores, 1e-6));
    EXPECT_EQ(got.report.faults, 0U);
    const auto rounded = oracle::twin_select(oracle::device_pairs(pairs), spec,
                                             {.operands = cuda::Operands::kFloat16});
    EXPECT_FALSE(oracle::agree(rounded.scores, want.scores, 1e-6));
  }
}

TEST(CudaTwinFused, TakesThreeProductsToo) {
  const auto models = oracle::random_models({300, 40}, 12);
  const auto pairs = models.pairs<SigmoidPairs>();
  const SelectionSpec spec{
      .count = 150, .sampling = {.chunks = 3, .gain = 3}, .backend = Backend::kEigen};
  const auto want = select(pairs, spec);
  const cuda::Engine split{.operands = cuda::Operands::kFloat16x3, .route = cuda::Route::kFused};
  ASSERT_TRUE(cuda::fits_fused(cuda::plan_of(oracle::device_pairs(pairs), spec, split)));
  const auto got = oracle::twin_select(oracle::device_pairs(pairs), spec, split);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_TRUE(oracle::agree(got.scores, want.scores, 1e-5));
}

TYPED_TEST(CudaTwin, ConditionsOnAllCandidatesInSlices) {
  const auto models = oracle::random_models({4200, 3}, 6);
  const auto pairs = models.pairs<TypeParam>(kEasyReference);
  const SelectionSpec spec{.count = 300,
                           .sampling = {.preset = Preset::kMeanField, .gain = 1},
                           .backend = Backend::kEigen};
  const auto want = select(pairs, spec);
  const auto got = oracle::twin_select(oracle::device_pairs(pairs), spec, kExact);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_TRUE(oracle::agree(got.scores, want.scores, kTolerance));
}

TYPED_TEST(CudaTwin, SetsNanRowsAsideLikeTheDenseSampler) {
  auto models = oracle::random_models({50, 6}, 3);
  models.learner.x_row(4)[0] = NAN;
  models.reference.y_row(9)[5] = NAN;
  models.reference.x_row(4)[1] = NAN;
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    expect_dense_selection(models.pairs<TypeParam>(),
                           {.count = 20, .sampling = {.preset = preset, .gain = 2}});
  }
}

TYPED_TEST(CudaTwin, ScoresALoneCandidateByItsOwnTerm) {
  auto models = oracle::random_models({3, 4}, 8);
  models.learner.x_row(0)[2] = NAN;
  models.learner.y_row(2)[0] = NAN;
  expect_dense_selection(models.pairs<TypeParam>(),
                         {.count = 1, .sampling = {.preset = Preset::kMeanField}});
}

TEST(CudaTwinSoftmax, PutsThePositiveInsideTheLogarithms) {
  const auto models = oracle::random_models({60, 5}, 9);
  auto pairs = models.pairs<SoftmaxPairs>();
  pairs.include_positive = true;
  for (const Preset preset : {Preset::kJoint, Preset::kMeanField}) {
    expect_dense_selection(pairs, {.count = 17, .sampling = {.preset = preset, .gain = 2}});
  }
}

/// Equal rows have equal keys under a rank.
TYPED_TEST(CudaTwin, BreaksTiesByTheSmallerId) {
  auto models = oracle::random_models({40, 4}, 2);
  for (auto* model : {&models.learner, &models.reference}) {
    for (std::int64_t i = 1; i < 40; ++i) {
      std::copy_n(model->x_row(0), model->stride(), model->x_row(i));
      std::copy_n(model->y_row(0), model->stride(), model->y_row(i));
    }
  }
  const auto ids = oracle::shuffled_ids(40, 5);
  for (const Preset preset : {Preset::kTopK, Preset::kGreedy}) {
    auto pairs = models.pairs<TypeParam>();
    pairs.ids = ids;
    expect_dense_selection(pairs, {.count = 30, .sampling = {.preset = preset}});
  }
}

/// Own terms of ±inf: logits beyond double, which float32 products never see in one round.
TEST(CudaTwinInfinity, ComesFirstByIdOrNever) {
  auto models = oracle::random_models({12, 2}, 2);
  const std::vector<std::int64_t> ids{9, 4, 7, 2, 11, 1, 3, 5, 6, 8, 10, 0};
  const auto make_own_term = [&](std::int64_t i, float sign) {
    models.learner.x_row(i)[0] = INFINITY;
    models.learner.x_row(i)[1] = 0;
    models.learner.y_row(i)[0] = sign;
    models.learner.y_row(i)[1] = 1;
  };
  make_own_term(0, -1);  // softmax: −u = +inf
  make_own_term(3, -1);
  make_own_term(5, 1);
  auto pairs = oracle::device_pairs(models.pairs<SoftmaxPairs>(kHardLearner));
  pairs.ids = ids.data();
  for (const Preset preset : {Preset::kIndependent, Preset::kTopK, Preset::kUniform}) {
    for (const double gain : {0.0, 100.0}) {
      SelectionSpec spec{.count = 11, .sampling = {.preset = preset, .gain = gain}};
      const auto got = oracle::twin_select(pairs, spec, kExact);
      EXPECT_EQ(got.report.faults, 0U);
      EXPECT_EQ(got.indices[0], 3);
      EXPECT_EQ(got.indices[1], 0);
      EXPECT_EQ(std::count(got.indices.begin(), got.indices.end(), 5), 0);
      spec.count = 12;
      const auto report = oracle::twin_select(pairs, spec, kExact).report;
      EXPECT_THAT(oracle::message_of([&] { cuda::check_report(report, spec, 12); }),
                  HasSubstr("12 candidates to pick in round 0, got 11 of 12 (0 set aside as NaN, 1 "
                            "scored -inf)"));
    }
  }
}

TYPED_TEST(CudaTwin, SaysWhatTheHostSays) {
  auto models = oracle::random_models({30, 4}, 2);
  models.learner.x_row(3)[0] = NAN;
  models.learner.x_row(8)[0] = NAN;
  auto pairs = models.pairs<TypeParam>();
  std::vector<std::int64_t> ids(30);
  std::iota(ids.begin(), ids.end(), 100);
  const auto expect_same = [&](const SelectionSpec& spec) {
    const auto report = oracle::twin_select(oracle::device_pairs(pairs), spec, kExact).report;
    EXPECT_EQ(oracle::message_of([&] { cuda::check_report(report, spec, 30); }),
              oracle::message_of([&] { select(pairs, spec); }));
  };
  expect_same({.count = 29});
  pairs.ids = ids;
  ids[7] = ids[20];
  expect_same({.count = 5});
  ids[4] = -3;
  expect_same({.count = 5});
}

TYPED_TEST(CudaTwin, ReportsFiniteValuesThatFloat16CannotHold) {
  auto models = oracle::random_models({30, 4}, 2);
  models.learner.y_row(3)[0] = 7e4F;
  const auto pairs = oracle::device_pairs(models.pairs<TypeParam>());
  const SelectionSpec spec{.count = 6};
  for (const auto operands : {cuda::Operands::kAsStored, cuda::Operands::kFloat16x3}) {
    const auto report = oracle::twin_select(pairs, spec, {.operands = operands}).report;
    EXPECT_THROW(cuda::check_report(report, spec, 30), Error);
  }
  for (const auto operands : {cuda::Operands::kBfloat16, cuda::Operands::kTf32}) {
    EXPECT_EQ(oracle::twin_select(pairs, spec, {.operands = operands}).report.faults, 0U);
  }
}

}  // namespace
}  // namespace jest
