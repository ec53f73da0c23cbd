#pragma once
// How much of a pool is like the curated examples, from losses under a reference alone.
//
// The pool's losses are a mixture: G = π·F + (1 − π)·R, F those of useful examples, R of all
// others. G(t) >= π·F(t) at every threshold t, so that each G(t) / F(t) is at least π. The estimate
// is the one whose upper end of two standard errors is least, over the quantiles 0.3 to 0.9 of F,
// which held-out curated examples give.
// Source: the mixture-proportion bound of Blanchard, Lee and Scott 2010.
//
// Bias. Upwards by R(t)/F(t)·(1 − π): what is useless and has losses as low as useful examples
// (repeated ones; another domain, under a weak reference) counts as useful. Downwards where curated
// examples are closer to each other than to the pool's useful ones, and by taking a least value.

#include <cstdint>
#include <span>

namespace jest::apps::train {

inline constexpr std::int64_t kLeastLosses = 50;

struct UsefulShare {
  double share = 0;     ///< π, at most 1
  double low = 0;       ///< two standard errors of sampling below; the bias is not in it
  double high = 0;      ///< and above
  double quantile = 0;  ///< of F, that gave the least ratio
};

/// Throws unless both have kLeastLosses, all finite. O(n log n).
UsefulShare estimate_useful_share(std::span<const double> curated, std::span<const double> pool);

}  // namespace jest::apps::train
