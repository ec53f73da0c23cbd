#include "jest/core/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace jest {
namespace {

// Known answers published with Random123 (kat_vectors, philox4x32 10).
static_assert(philox4x32_10({0, 0, 0, 0}, {0, 0}) ==
              PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                            {0xffffffff, 0xffffffff}) ==
              PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                            {0xa4093822, 0x299f31d0}) ==
              PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

constexpr NoiseKey kKey{.seed = 0x123456789abcdef0, .step = 77};
constexpr std::int64_t kId = 0x0fedcba987654321;

TEST(Philox, GivesThePublishedAnswersAtRunTimeToo) {
  volatile std::uint32_t zero = 0;
  EXPECT_EQ(philox4x32_10({zero, zero, zero, zero}, {zero, zero}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(Noise, FollowsTheStatedFormulaToTheLastBit) {
  const PhiloxCounter words =
      philox4x32_10({0x87654321, 0x0fedcba9, 77, 5}, {0x9abcdef0, 0x12345678});
  const double k = std::floor(words[0] / 64.0) * 67108864.0 + std::floor(words[1] / 64.0);
  const double u = (k + 0.5) / 4503599627370496.0;
  EXPECT_EQ(uniform_noise(kKey, kId, 5), u);
  EXPECT_EQ(gumbel_noise(kKey, kId, 5), -exact_log(-exact_log(u)));
  EXPECT_NEAR(gumbel_noise(kKey, kId, 5), -std::log(-std::log(u)), 1e-14);
}

TEST(Noise, DependsOnEveryBitOfItsName) {
  std::set<double> values{uniform_noise(kKey, kId, 0)};
  std::size_t names = 1;
  for (int bit = 0; bit < 64; ++bit) {
    values.insert(uniform_noise({kKey.seed ^ (std::uint64_t{1} << bit), kKey.step}, kId, 0));
    ++names;
  }
  for (int bit = 0; bit < 63; ++bit) {
    values.insert(uniform_noise(kKey, kId ^ (std::int64_t{1} << bit), 0));
    ++names;
  }
  for (int bit = 0; bit < 32; ++bit) {
    const std::uint32_t flip = std::uint32_t{1} << bit;
    values.insert(uniform_noise({kKey.seed, kKey.step ^ flip}, kId, 0));
    values.insert(uniform_noise(kKey, kId, flip));
    names += 2;
  }
  EXPECT_EQ(values.size(), names);
}

TEST(Noise, LiesStrictlyBetweenZeroAndOneAndLooksUniform) {
  constexpr int kSamples = 200'000;
  double total = 0;
  double square = 0;
  double gumbel = 0;
  for (int i = 0; i < kSamples; ++i) {
    const double u = uniform_noise({3, 1}, i, 2);
    ASSERT_GT(u, 0.0);
    ASSERT_LT(u, 1.0);
    total += u;
    square += u * u;
    gumbel += gumbel_noise({3, 1}, i, 2);
  }
  EXPECT_NEAR(total / kSamples, 0.5, 0.003);
  EXPECT_NEAR(square / kSamples, 1.0 / 3, 0.003);
  EXPECT_NEAR(gumbel / kSamples, 0.5772156649, 0.012);  // Euler's constant
}

TEST(Noise, OfTheExtremeWordsIsFinite) {
  // The largest and the smallest u that 52 bits can form.
  const double largest = (4503599627370495.0 + 0.5) * 0x1p-52;
  const double smallest = 0.5 * 0x1p-52;
  EXPECT_LT(largest, 1.0);
  EXPECT_TRUE(std::isfinite(-exact_log(-exact_log(largest))));
  EXPECT_TRUE(std::isfinite(-exact_log(-exact_log(smallest))));
}

}  // namespace
}  // namespace jest
