#pragma once
// Goodness of fit of counted answers against an enumerated law.

#include <cmath>
#include <map>

#include "oracle/dense_sampler.hpp"

namespace jest::oracle {

using Counts = std::map<Positions, std::int64_t>;

struct Fit {
  double statistic = 0;
  double bound = 0;  ///< exceeded by a right sampler about once in 30,000 seeds
};

/// Pearson's χ² over the answers expected at least five times, the rest taken together.
inline Fit chi_square(const Counts& counts, const Law& law) {
  double samples = 0;
  for (const auto& [answer, count] : counts) samples += static_cast<double>(count);
  Fit fit;
  double rare_expected = 0;
  double rare_seen = samples;
  double cells = 0;
  for (const auto& [answer, probability] : law) {
    const double expected = samples * probability;
    if (expected < 5) {
      rare_expected += expected;
      continue;
    }
    const auto found = counts.find(answer);
    const double seen = found == counts.end() ? 0 : static_cast<double>(found->second);
    fit.statistic += (seen - expected) * (seen - expected) / expected;
    rare_seen -= seen;
    ++cells;
  }
  if (rare_expected >= 5) {
    fit.statistic += (rare_seen - rare_expected) * (rare_seen - rare_expected) / rare_expected;
    ++cells;
  } else {
    fit.statistic += rare_seen > rare_expected + 20 ? 1e9 : 0;  // answers the law does not have
  }
  // Wilson and Hilferty's approximation of the quantile four deviations out.
  const double freedom = cells - 1;
  const double spread = 2 / (9 * freedom);
  fit.bound = freedom * std::pow(1 - spread + 4 * std::sqrt(spread), 3);
  return fit;
}

/// The law of the set at position `k` of the answer alone, or of any other summary of it.
template <class Summary>
Law summarise(const Law& law, const Summary& summary) {
  Law result;
  for (const auto& [answer, probability] : law) result[summary(answer)] += probability;
  return result;
}

}  // namespace jest::oracle
