#include "train/probe/useful_share.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "jest/core/error.hpp"

namespace jest::apps::train {
namespace {

std::vector<double> sorted(const char* what, std::span<const double> losses) {
  if (std::ssize(losses) < kLeastLosses) {
    refuse("useful share", text("at least ", kLeastLosses, " losses of ", what), losses.size());
  }
  std::vector<double> all(losses.begin(), losses.end());
  for (const double loss : all) {
    if (!std::isfinite(loss))
      refuse("useful share", text("finite losses of ", what), loss,
             ", of a reference that diverged; try a lower --learning-rate");
  }
  std::ranges::sort(all);
  return all;
}

/// Share of `losses`, which are sorted, at or below a threshold.
double share_below(const std::vector<double>& losses, double threshold) {
  const auto below = std::ranges::upper_bound(losses, threshold) - losses.begin();
  return static_cast<double>(below) / static_cast<double>(losses.size());
}

/// Standard error of g / f by the delta method.
double standard_error(double g, std::size_t pool, double f, std::size_t curated) {
  const double relative = (1 - f) / (f * static_cast<double>(curated)) +
                          (1 - g) / (std::max(g, 1e-12) * static_cast<double>(pool));
  return g / f * std::sqrt(relative);
}

}  // namespace

UsefulShare estimate_useful_share(std::span<const double> curated, std::span<const double> pool) {
  const std::vector<double> useful = sorted("curated examples", curated);
  const std::vector<double> mixed = sorted("the pool", pool);
  UsefulShare least;
  double least_high = std::numeric_limits<double>::infinity();
  for (int tenth = 3; tenth <= 9; ++tenth) {
    const double threshold = useful[useful.size() * tenth / 10 - 1];
    const double f = share_below(useful, threshold);
    const double g = share_below(mixed, threshold);
    const double error = 2 * standard_error(g, mixed.size(), f, useful.size());
    if (g / f + error >= least_high) continue;
    least_high = g / f + error;
    least = {g / f, std::max(0.0, g / f - error), std::min(1.0, least_high), tenth / 10.0};
  }
  least.share = std::min(1.0, least.share);
  least.low = std::min(1.0, least.low);
  return least;
}

}  // namespace jest::apps::train
