#pragma once
// Equality of doubles up to rounding, with infinities and NaN equal to themselves.

#include <gtest/gtest.h>

#include <cmath>
#include <span>

namespace jest::oracle {

inline ::testing::AssertionResult agree(double got, double want, double tolerance = 1e-10) {
  const bool same = std::isfinite(want) ? std::fabs(got - want) <= tolerance * (1 + std::fabs(want))
                                        : got == want || (std::isnan(got) && std::isnan(want));
  if (same) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "got " << got << ", want " << want;
}

inline ::testing::AssertionResult agree(std::span<const double> got, std::span<const double> want,
                                        double tolerance = 1e-10) {
  if (got.size() != want.size()) {
    return ::testing::AssertionFailure() << got.size() << " values, want " << want.size();
  }
  for (std::size_t k = 0; k < got.size(); ++k) {
    const auto result = agree(got[k], want[k], tolerance);
    if (!result) return ::testing::AssertionFailure() << "at " << k << ": " << result.message();
  }
  return ::testing::AssertionSuccess();
}

}  // namespace jest::oracle
