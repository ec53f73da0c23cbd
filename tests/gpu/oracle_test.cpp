// Selections on a device against the dense sampler and the host's backends.
#include <map>
#include <numeric>
#include <random>

#include "gpu/device_memory.hpp"
#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/dense_sampler.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/selection_cases.hpp"

namespace jest {
namespace {

constexpr cuda::Engine kExact{.operands = cuda::Operands::kFloat32};
constexpr double kTolerance = 1e-5;

template <class Pairs>
class CudaOracle : public gpu::OnDevice {};
using Criteria = ::testing::Types<SigmoidPairs, SoftmaxPairs>;
TYPED_TEST_SUITE(CudaOracle, Criteria);

template <class Pairs>
void expect_dense_selection(const Pairs& pairs, const SelectionSpec& spec) {
  const auto got = cuda::select(pairs, spec, kExact);
  const auto want = oracle::dense_select(oracle::dense(pairs, spec.interaction()), spec, pairs.ids);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_TRUE(oracle::agree(got.scores, want.scores, kTolerance));
  EXPECT_EQ(got.statistics.nan_count, want.nan_count);
}

TYPED_TEST(CudaOracle, PicksWhatTheDenseSamplerPicksForEveryPresetAndWeight) {
  oracle::for_every_preset_and_weight<TypeParam>(expect_dense_selection<TypeParam>);
}

TYPED_TEST(CudaOracle, PicksWhatTheDenseSamplerPicksForRandomShapes) {
  oracle::for_random_shapes<TypeParam>({29, 500, 100}, expect_dense_selection<TypeParam>);
}

/// Small multiples of 1/4 are exact in every operand, and so are their products.
TYPED_TEST(CudaOracle, PicksWhatTheHostPicksOfRepresentableEmbeddings) {
  auto models = oracle::random_models({3000, 61}, 4);
  for (auto* model : {&models.learner, &models.reference}) {
    for (auto* side : {&model->x, &model->y}) {
      for (float& value : *side) value = std::nearbyint(value * 32) / 4;
    }
    model->scale = 0.5;
    model->bias = -2;
  }
  const auto pairs = models.pairs<TypeParam>();
  SelectionSpec spec{
      .count = 640, .sampling = {.gain = 0.1}, .seed = 5, .backend = Backend::kEigen};
  const auto want = select(pairs, spec);
  for (const auto operands :
       {cuda::Operands::kFloat16, cuda::Operands::kBfloat16, cuda::Operands::kTf32,
        cuda::Operands::kFloat32, cuda::Operands::kFloat16x3}) {
    const auto got = cuda::select(pairs, spec, {.operands = operands});
    EXPECT_EQ(got.indices, want.indices) << static_cast<int>(operands);
    EXPECT_TRUE(oracle::agree(got.scores, want.scores, kTolerance));
  }
}

/// The largest difference of scores of what both picked.
double largest_difference(const Selection& got, const Selection& want) {
  std::map<std::int64_t, double> scores;
  for (std::size_t k = 0; k < want.indices.size(); ++k) scores[want.indices[k]] = want.scores[k];
  double largest = 0;
  for (std::size_t k = 0; k < got.indices.size(); ++k) {
    const auto found = scores.find(got.indices[k]);
    if (found == scores.end()) continue;
    largest = std::fmax(largest, std::fabs(got.scores[k] - found->second));
  }
  return largest;
}

/// Three products of float16 are as good as float32's, by both routes where there are both. First
/// rounds are equal, so that scores of the second ones tell how exact products are.
TYPED_TEST(CudaOracle, ScoresByThreeProductsAsExactlyAsByFloat32) {
  const auto models = oracle::random_models({3000, 256}, 12);
  const auto pairs = models.pairs<TypeParam>();
  const SelectionSpec spec{.count = 600, .sampling = {.chunks = 2, .gain = 1}, .seed = 4};
  SelectionSpec plain = spec;
  plain.backend = Backend::kEigen;
  const auto want = select(pairs, plain);
  const auto error = [&](const cuda::Engine& engine) {
    return largest_difference(cuda::select(pairs, spec, engine), want);
  };
  const double rounded = error({.operands = cuda::Operands::kFloat16});
  EXPECT_LT(error(kExact), rounded / 8);
  for (const auto route : {cuda::Route::kProducts, cuda::Route::kDefault}) {
    EXPECT_LT(error({.operands = cuda::Operands::kFloat16x3, .route = route}), rounded / 8);
  }
}

TYPED_TEST(CudaOracle, PicksNearlyWhatTheHostPicksWithRoundedOperands) {
  const auto models = oracle::random_models({20000, 256}, 4);
  const auto pairs = models.pairs<TypeParam>();
  const SelectionSpec spec{.count = 4000, .backend = Backend::kCpu};
  auto want = select(pairs, spec).indices;
  auto got = cuda::select(pairs, spec).indices;
  std::sort(want.begin(), want.end());
  std::sort(got.begin(), got.end());
  std::vector<std::int64_t> shared;
  std::set_intersection(want.begin(), want.end(), got.begin(), got.end(),
                        std::back_inserter(shared));
  EXPECT_GE(shared.size(), 3960U);
}

/// No scores: every bit of noise, and its order, on a hundred thousand candidates.
TYPED_TEST(CudaOracle, DrawsTheHostsNoise) {
  const auto models = oracle::random_models({100000, 2}, 4);
  SelectionSpec spec{
      .count = 90000, .sampling = {.preset = Preset::kUniform}, .seed = 77, .step = 3};
  const auto pairs = models.pairs<TypeParam>();
  EXPECT_EQ(cuda::select(pairs, spec).indices, select(pairs, spec).indices);
}

TYPED_TEST(CudaOracle, SetsNanRowsAsideLikeTheDenseSampler) {
  auto models = oracle::random_models({50, 6}, 3);
  models.learner.x_row(4)[0] = NAN;
  models.reference.y_row(9)[5] = NAN;
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    expect_dense_selection(models.pairs<TypeParam>(),
                           {.count = 20, .sampling = {.preset = preset, .gain = 2}});
  }
}

TYPED_TEST(CudaOracle, BreaksTiesByTheSmallerId) {
  auto models = oracle::random_models({5000, 4}, 2);
  for (auto* model : {&models.learner, &models.reference}) {
    for (std::int64_t i = 1; i < 5000; ++i) {
      std::copy_n(model->x_row(0), model->stride(), model->x_row(i));
      std::copy_n(model->y_row(0), model->stride(), model->y_row(i));
    }
  }
  const auto ids = oracle::shuffled_ids(5000, 5);
  std::vector<std::int64_t> want(5000);
  std::iota(want.begin(), want.end(), 0);
  std::sort(want.begin(), want.end(), [&](auto a, auto b) { return ids[a] < ids[b]; });
  want.resize(4000);
  auto pairs = models.pairs<TypeParam>();
  pairs.ids = ids;
  const SelectionSpec spec{.count = 4000, .sampling = {.preset = Preset::kTopK}};
  EXPECT_EQ(cuda::select(pairs, spec).indices, want);
}

TYPED_TEST(CudaOracle, RefusesFiniteValuesThatFloat16CannotHold) {
  auto models = oracle::random_models({30, 4}, 2);
  models.learner.y_row(3)[0] = 7e4F;
  const auto pairs = models.pairs<TypeParam>();
  for (const auto operands : {cuda::Operands::kFloat16, cuda::Operands::kFloat16x3}) {
    EXPECT_THROW(cuda::select(pairs, {.count = 6}, {.operands = operands}), Error);
  }
  EXPECT_EQ(cuda::select(pairs, {.count = 6}, kExact).indices.size(), 6U);
}

TYPED_TEST(CudaOracle, SaysWhatTheHostSays) {
  auto models = oracle::random_models({30, 4}, 2);
  models.learner.x_row(3)[0] = NAN;
  auto pairs = models.pairs<TypeParam>();
  std::vector<std::int64_t> ids(30);
  std::iota(ids.begin(), ids.end(), 100);
  const auto expect_same = [&](const SelectionSpec& spec) {
    EXPECT_EQ(oracle::message_of([&] { cuda::select(pairs, spec); }),
              oracle::message_of([&] { select(pairs, spec); }));
  };
  expect_same({.count = 30});
  pairs.ids = ids;
  ids[7] = ids[20];
  expect_same({.count = 5});
  ids[4] = -3;
  expect_same({.count = 5});
}

}  // namespace
}  // namespace jest
