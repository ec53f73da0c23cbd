#include "jest/core/exact/elementary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace jest {
namespace {

/// |exact_exp_of_negative(x) − e^x| in units in the last place of e^x; the oracle has 64 bits of
/// mantissa.
double exp_error_in_ulps(double x) {
  const long double exact = std::exp(static_cast<long double>(x));
  const double ulp = std::ldexp(1.0, std::ilogb(static_cast<double>(exact)) - 52);
  const long double found = exact_exp_of_negative(x);
  return static_cast<double>(std::fabs(found - exact) / ulp);
}

TEST(ExactExp, IsRightInTheLastPlaceNearlyEverywhere) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int i = 0; i < 300'000; ++i) {
    const double u = uniform(random);
    for (const double x : {-u, -700 * u, -30 * u, -u * 0x1p-20}) {
      ASSERT_LT(exp_error_in_ulps(x), 1.25) << x;
    }
  }
}

TEST(ExactExp, GivesTheseBitsOnEveryMachine) {
  EXPECT_EQ(exact_exp_of_negative(0.0), 1.0);
  EXPECT_EQ(exact_exp_of_negative(-0.0), 1.0);
  EXPECT_EQ(exact_exp_of_negative(-1.0), 0x1.78b56362cef38p-2);
  EXPECT_EQ(exact_exp_of_negative(-0x1p-60), 1.0);
  // Where it is not the nearest number.
  EXPECT_EQ(exact_exp_of_negative(-0x1.ccdc6b06f1fcfp+4), 0x1.5c77c61d59df1p-42);
  EXPECT_EQ(exact_exp_of_negative(-0x1.e164116ff4e4ap+8), 0x1.69f9c2390e488p-695);
  EXPECT_EQ(exact_exp_of_negative(-0x1.52223924fb617p+9), 0x1.46d5de7df2533p-976);
}

TEST(ExactExp, EndsInZeroAndKeepsNan) {
  EXPECT_GT(exact_exp_of_negative(-708.0), 0.0);
  EXPECT_EQ(exact_exp_of_negative(-708.0001), 0.0);
  EXPECT_EQ(exact_exp_of_negative(-1e300), 0.0);
  EXPECT_EQ(exact_exp_of_negative(-std::numeric_limits<double>::infinity()), 0.0);
  EXPECT_TRUE(std::isnan(exact_exp_of_negative(std::numeric_limits<double>::quiet_NaN())));
}

}  // namespace
}  // namespace jest
