#include "jest/core/exact/elementary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace jest {
namespace {

/// |exact_log(x) − log x| in units in the last place of log x; the oracle has 64 bits of mantissa.
double error_in_ulps(double x) {
  const long double exact = std::log(static_cast<long double>(x));
  const double ulp = std::ldexp(1.0, std::ilogb(static_cast<double>(exact)) - 52);
  return static_cast<double>(std::fabs(static_cast<long double>(exact_log(x)) - exact) / ulp);
}

TEST(ExactLog, IsRightInTheLastPlaceNearlyEverywhere) {
  std::mt19937_64 random(1);
  const auto uniform = [&] { return (static_cast<double>(random() >> 12) + 0.5) * 0x1p-52; };
  for (int i = 0; i < 300'000; ++i) {
    const double u = uniform();
    const double anywhere = std::ldexp(1 + uniform(), static_cast<int>(random() % 2000) - 1000);
    for (const double x : {u, anywhere, 1 - u * 0x1p-20, 0.6 + u}) {
      ASSERT_LT(error_in_ulps(x), 1.25) << x;
    }
  }
}

TEST(ExactLog, GivesTheseBitsOnEveryMachine) {
  EXPECT_EQ(exact_log(1.0), 0.0);
  EXPECT_EQ(exact_log(2.0), 0x1.62e42fefa39efp-1);
  EXPECT_EQ(exact_log(0x1p-53), -0x1.25e4f7b2737fap+5);
  EXPECT_EQ(exact_log(1 - 0x1p-53), -0x1p-53);
}

}  // namespace
}  // namespace jest
