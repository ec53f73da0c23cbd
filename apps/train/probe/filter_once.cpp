// Verdicts on filtering once.

#include "train/probe/filter_once.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "jest/core/error.hpp"
#include "train/probe/probe_report.hpp"

namespace jest::apps::train {
namespace {

constexpr double kAsLow = 1.25;  ///< bounds within this ratio are as low as each other
constexpr double kMostly = 0.5;  ///< of a pool: there is little to filter above

double quantile(std::span<const double> losses, double share) {
  std::vector<double> all(losses.begin(), losses.end());
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(all.size() - 1));
  std::ranges::nth_element(all, all.begin() + place);
  return all[static_cast<std::size_t>(place)];
}

}  // namespace

CountedShare estimate_by_counts(std::span<const double> curated, std::span<const double> pool) {
  CountedShare counted{.useful = estimate_useful_share(curated, pool)};
  const double threshold = quantile(curated, 0.9);
  const auto kept = std::ranges::count_if(pool, [&](double loss) { return loss <= threshold; });
  counted.kept = static_cast<double>(kept) / static_cast<double>(pool.size());
  return counted;
}

FilterVerdict filter_verdict(const CountedShare& counted, const UsefulShare& reference,
                             double repeated_share) {
  if (counted.useful.low > kAsLow * reference.high) return FilterVerdict::kCannotSee;
  if (reference.share > kMostly) return FilterVerdict::kNotNeeded;
  if (counted.useful.share > std::max(kAsLow * reference.share, reference.high)) {
    return FilterVerdict::kOpen;
  }
  if (repeated_share > kManyRepeated) return FilterVerdict::kRepeats;
  return counted.kept <= kMostly ? FilterVerdict::kFilterOnce : FilterVerdict::kOpen;
}

const char* word_of(FilterVerdict verdict) {
  switch (verdict) {
    case FilterVerdict::kFilterOnce:
      return "filter once";
    case FilterVerdict::kCannotSee:
      return "counts cannot see it";
    case FilterVerdict::kRepeats:
      return "repeats itself";
    case FilterVerdict::kNotNeeded:
      return "not needed";
    case FilterVerdict::kOpen:
      break;
  }
  return "open";
}

std::string filter_share(const CountedShare& counted) {
  const double digits = std::pow(10, std::floor(std::log10(std::max(counted.kept, 1e-6))) - 1);
  char share[32];
  std::snprintf(share, sizeof share, "%.2g",
                std::min(1.0, std::ceil(counted.kept / digits) * digits));
  return share;
}

std::string filter_lines(const CountedShare& counted, FilterVerdict verdict) {
  std::string lines =
      text("Useful share by counts of n-grams alone: ", percent(counted.useful.share), " (",
           percent(counted.useful.low), " to ", percent(counted.useful.high), ").\n");
  switch (verdict) {
    case FilterVerdict::kFilterOnce:
      return lines + text("  Filter once: counts tell as much as the reference. The best ",
                          percent(counted.kept),
                          " of\n  the pool hold nine tenths of what is like "
                          "the curated rows:\n  --reference counts:interpolated --arms filter:",
                          filter_share(counted), ":mixed\n");
    case FilterVerdict::kCannotSee:
      return lines +
             "  A filter by counts cannot see what the reference sees: select online, or\n"
             "  filter by the reference.\n";
    case FilterVerdict::kRepeats:
      return lines +
             "  A filter by counts would repeat itself: remove repeated rows, or select by\n"
             "  learnability.\n";
    case FilterVerdict::kNotNeeded:
      return lines + "  There is little to filter.\n";
    case FilterVerdict::kOpen:
      break;
  }
  return lines + "  It cannot tell whether filtering once would do: compare short runs.\n";
}

}  // namespace jest::apps::train
