// The parts of the CUDA backend that are plain arithmetic: roundings, keys, sums, memory.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "oracle/agree.hpp"
#include "oracle/device_pairs.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "select/cuda/arrays.hpp"
#include "select/cuda/elements.hpp"
#include "select/cuda/fused_sums.hpp"
#include "select/cuda/row_sums.hpp"
#include "select/key.hpp"

namespace jest::cuda {
namespace {

/// The nearest of all float16 values, by search among the neighbours of every one of them.
TEST(Float16, RoundsToTheNearestAndTiesToEven) {
  for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const auto low = static_cast<std::uint16_t>(bits);
    const float below = from_float16(low);
    const float above = from_float16(static_cast<std::uint16_t>(bits + 1));
    ASSERT_LT(below, above);
    const float middle = 0.5F * below + 0.5F * above;
    const std::uint32_t even = bits % 2 == 0 ? bits : bits + 1;
    ASSERT_EQ(to_float16(below), bits);
    ASSERT_EQ(to_float16(middle), even) << bits;
    ASSERT_EQ(to_float16(std::nextafter(middle, 0.0F)), bits);
    ASSERT_EQ(to_float16(std::nextafter(middle, 1e9F)), bits + 1);
    ASSERT_EQ(to_float16(-middle), even | 0x8000);
  }
  EXPECT_EQ(from_float16(0x3c00), 1.0F);
  EXPECT_EQ(from_float16(0x0001), 0x1p-24F);
  EXPECT_EQ(from_float16(0x7bff), 65504.0F);
  EXPECT_EQ(from_float16(0xfc00), -INFINITY);
  EXPECT_TRUE(std::isnan(from_float16(to_float16(NAN))));
  EXPECT_EQ(to_float16(65519.0F), 0x7bff);
  EXPECT_EQ(to_float16(65520.0F), 0x7c00);
  EXPECT_TRUE(overflows(65520.0F, OperandType::kFloat16));
  EXPECT_FALSE(overflows(INFINITY, OperandType::kFloat16));
}

/// What a candidate's element adds to its product with a pick's.
float product_of_parts(float x, float y) {
  const Split a = split(x);
  const Split b = split(y);
  return from_float16(a.high) * from_float16(b.high) +
         from_float16(a.high_scaled) * from_float16(b.low) +
         from_float16(a.low) * from_float16(b.high_scaled);
}

TEST(Split, KeepsTwentyTwoBitsAndFindsOverflow) {
  std::mt19937_64 random(3);
  std::normal_distribution<float> normal;
  for (int trial = 0; trial < 100000; ++trial) {
    const float x = std::ldexp(normal(random), -static_cast<int>(random() % 20));
    const Split parts = split(x);
    const double kept = static_cast<double>(from_float16(parts.high)) +
                        static_cast<double>(from_float16(parts.low)) / Split::kLowScale;
    ASSERT_LE(std::fabs(kept - x), std::fmax(0x1p-22 * std::fabs(x), 0x1p-31)) << x;
  }
  EXPECT_TRUE(overflows(-65520.0F, OperandType::kFloat16x3));
  EXPECT_FALSE(overflows(65519.0F, OperandType::kFloat16x3));
  EXPECT_FALSE(overflows(INFINITY, OperandType::kFloat16x3));
  EXPECT_TRUE(std::isnan(product_of_parts(NAN, 1)));
}

/// The bound that Operands::kFloat16x3 states, without float32 sums.
TEST(Split, ErrorOfAProductIsWhatTheHeaderStates) {
  std::mt19937_64 random(4);
  std::normal_distribution<float> normal;
  double worst = 0;
  for (int trial = 0; trial < 100000; ++trial) {
    const float x = std::ldexp(normal(random), -static_cast<int>(random() % 24));
    const float y = std::ldexp(normal(random), -static_cast<int>(random() % 24));
    const Split a = split(x);
    const Split b = split(y);
    const auto wide = [](std::uint16_t bits) { return static_cast<double>(from_float16(bits)); };
    const double got = wide(a.high) * wide(b.high) + wide(a.high_scaled) * wide(b.low) +
                       wide(a.low) * wide(b.high_scaled);
    const double exact = static_cast<double>(x) * static_cast<double>(y);
    const double bound =
        3 * 0x1p-22 * std::fabs(exact) + 0x1p-29 * (std::fabs(x) + std::fabs(y)) + 0x1p-43;
    worst = std::fmax(worst, std::fabs(got - exact) / bound);
  }
  EXPECT_LE(worst, 1);
  EXPECT_GT(worst, 0.1);  // and is no idle one
}

TEST(Bfloat16, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(from_bfloat16(to_bfloat16(1.0F)), 1.0F);
  EXPECT_EQ(to_bfloat16(1 + 0x1p-8F), to_bfloat16(1.0F));
  EXPECT_EQ(from_bfloat16(to_bfloat16(1 + 0x1.8p-7F)), 1 + 0x1p-6F);
  EXPECT_EQ(from_bfloat16(to_bfloat16(-1 - 0x1.1p-8F)), -1 - 0x1p-7F);
  EXPECT_TRUE(std::isnan(from_bfloat16(to_bfloat16(NAN))));
}

TEST(OrderedBits, SortLikeKeys) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double keys[] = {-kInfinity, -1e300, -1,          -1e-300, 0,
                         1e-300,     1,      1 + 0x1p-52, 1e300,   kInfinity};
  for (std::size_t k = 1; k < std::size(keys); ++k) {
    EXPECT_LT(ordered_bits(keys[k - 1]), ordered_bits(keys[k])) << k;
  }
  EXPECT_EQ(ordered_bits(-0.0), ordered_bits(0.0));
  EXPECT_LT(kNoKey, ordered_bits(-kInfinity));
}

template <class Sum>
double sum_of(const std::vector<float>& products, const Base2Logit& logit, double start) {
  Parameters parameters;
  parameters.models[0].logit = logit;
  const std::int32_t position = 0;
  double result = start;
  const auto columns = static_cast<std::int64_t>(products.size());
  std::vector<float> row = products;
  row.resize(static_cast<std::size_t>(rounded_up(columns, kColumnStep)), NAN);
  const AddRowSums<Sum> kernel{&parameters, 0,         row.data(), std::ssize(row), 1,
                               columns,     &position, nullptr,    &result};
  typename AddRowSums<Sum>::Shared shared;
  for (int phase = 0; phase < kernel.kPhases; ++phase) {
    for (int thread = 0; thread < kernel.kThreads; ++thread) {
      kernel.phase(phase, {0, thread}, shared);
    }
  }
  return result;
}

TEST(RowSums, AreRightToAMillionthInEveryRegime) {
  std::mt19937_64 random(1);
  std::normal_distribution<float> cosine(0, 0.1F);
  const double regimes[][2] = {{0.001, 0}, {10, -10}, {20, -7}, {100, -10},
                               {100, 0},   {10, -50}, {10, 50}};
  for (const std::size_t columns : {1, 2, 31, 32, 33, 128, 384, 385, 4096, 20000}) {
    std::vector<float> products(columns);
    for (float& product : products) product = cosine(random);
    for (const auto& [scale, bias] : regimes) {
      double softplus_sum = 0;
      double log_sum = -std::numeric_limits<double>::infinity();
      for (const float product : products) {
        softplus_sum += softplus(scale * product + bias);
        log_sum = log_add_exp(log_sum, scale * product + bias);
      }
      const Base2Logit logit = base2_logit(scale, bias);
      EXPECT_NEAR(sum_of<SoftplusSum>(products, logit, 0) / softplus_sum, 1, 1e-6)
          << columns << " " << scale << " " << bias;
      EXPECT_NEAR(sum_of<LogSumExp>(products, logit, -INFINITY), log_sum,
                  1e-6 * std::max(1.0, std::fabs(log_sum)));
    }
  }
}

TEST(FusedSums, TakeSoftplusToATenthOfAMillionth) {
  double worst = 0;
  for (float v = -120; v < 120; v += 0.001F) {
    const double want = softplus(kLn2 * static_cast<double>(v));
    worst = std::fmax(worst, std::fabs(kLn2 * base2_softplus(v) / want - 1));
  }
  EXPECT_LT(worst, 3e-7);
  EXPECT_EQ(base2_softplus(INFINITY), INFINITY);
  EXPECT_EQ(base2_softplus(-INFINITY), 0);
  EXPECT_TRUE(std::isnan(base2_softplus(NAN)));
}

TEST(RowSums, CarryNanAndInfinity) {
  const Base2Logit logit = base2_logit(1, 0);
  EXPECT_TRUE(std::isnan(sum_of<SoftplusSum>({1, NAN, 2}, logit, 0)));
  EXPECT_TRUE(std::isnan(sum_of<LogSumExp>({1, NAN, 2}, logit, 0)));
  EXPECT_EQ(sum_of<SoftplusSum>({1, INFINITY, 2}, logit, 0), INFINITY);
  EXPECT_EQ(sum_of<SoftplusSum>({-INFINITY}, logit, 3), 3);
  EXPECT_EQ(sum_of<LogSumExp>({-INFINITY}, logit, 3), 3);
}

DevicePairs pairs_of(std::int64_t candidates, std::int64_t width) {
  static const float kSomewhere[1] = {};
  const DeviceMatrix matrix{kSomewhere, candidates, width, width, Element::kFloat32};
  return {.learner = {matrix, matrix}, .reference = {matrix, matrix}};
}

TEST(Workspace, IsWhatTheHeaderStates) {
  for (const std::int64_t candidates : {20, 700, 20000, 163840}) {
    for (const std::int64_t width : {1, 64, 768}) {
      const SelectionSpec spec{.count = (candidates + 4) / 5};
      const std::int64_t c = (spec.count + 15) / 16;
      const std::int64_t s = rounded_up(std::min<std::int64_t>(c, 4096), 8);
      const std::int64_t row = rounded_up(width, 16) * 2;
      const std::int64_t tile = std::min(
          {(std::int64_t{64} << 20) / (4 * s), std::int64_t{16384}, rounded_up(candidates, 256)});
      const std::int64_t stated = 112 * candidates + 25 * 256 + 32 * candidates + (4 << 20) +
                                  2 * (2 * s * row) + 2 * tile * (row + 4 * s) + (64 << 20);
      const std::int64_t bytes = workspace_bytes(pairs_of(candidates, width), spec, {});
      EXPECT_LE(bytes, stated);
      EXPECT_GE(bytes, stated - stated / 20 - 1000000);
      const Engine split{.operands = Operands::kFloat16x3};
      EXPECT_LE(workspace_bytes(pairs_of(candidates, width), spec, split),
                stated + 2 * (2 * (2 * s * row)) + 2 * (2 * tile * row));
    }
  }
}

TEST(Workspace, StaysBelowSixHundredMegabytesForTheLargestUse) {
  const SelectionSpec spec{.count = 32768};
  EXPECT_LT(workspace_bytes(pairs_of(163840, 768), spec, {}), 600'000'000);
  const Engine exact{.operands = Operands::kFloat32};
  EXPECT_LT(workspace_bytes(pairs_of(163840, 768), spec, exact), 600'000'000);
  const Engine split{.operands = Operands::kFloat16x3};
  EXPECT_LT(workspace_bytes(pairs_of(163840, 768), spec, split), 600'000'000);
  const SelectionSpec mean_field{.count = 32768, .sampling = {.preset = Preset::kMeanField}};
  EXPECT_LT(workspace_bytes(pairs_of(163840, 768), mean_field, exact), 600'000'000);
}

TEST(Plan, RefusesWhatIsImpossible) {
  auto pairs = pairs_of(10, 4);
  EXPECT_THROW(workspace_bytes(pairs, {.count = 11}, {}), Error);
  EXPECT_THROW(workspace_bytes(pairs, {.count = 2, .sampling = {.chunks = 3}}, {}), Error);
  pairs.learner.y.element = Element::kBfloat16;
  EXPECT_EQ(oracle::message_of([&] { workspace_bytes(pairs, {.count = 2}, {}); }),
            "select, learner: expected x and y of one element type, got two");
  pairs = pairs_of(10, 4);
  pairs.reference.x.rows = 9;
  EXPECT_THROW(workspace_bytes(pairs, {.count = 2}, {}), Error);
  pairs.weights = kHardLearner;
  EXPECT_GT(workspace_bytes(pairs, {.count = 2}, {}), 0);
}

}  // namespace
}  // namespace jest::cuda
