#pragma once
// Would a filter that reads every row once, and trains nothing, do what online selection does? It
// would where counts of n-grams tell useless rows from useful ones as well as the reference does.
//
// Both give an upper bound of the same share π of useful rows (useful_share.hpp): the guide with
// the lower one sees more of what is useless. Repeated rows are the exception: a filter goes on
// taking what it likes, and learnability stops. docs/evidence/online-or-filter.md.

#include <optional>
#include <span>
#include <string>

#include "train/probe/useful_share.hpp"

namespace jest::apps::train {

struct CountedShare {
  UsefulShare useful;  ///< by counts alone
  double kept = 1;  ///< share of the pool that holds nine tenths of what is like the curated rows
};

/// Losses of curated rows, by counts that leave each out, and of the pool. Throws as
/// estimate_useful_share.
CountedShare estimate_by_counts(std::span<const double> curated, std::span<const double> pool);

enum class FilterVerdict {
  kFilterOnce,
  kCannotSee,  ///< the reference tells more useless rows than counts do
  kRepeats,    ///< counts tell them, but the pool repeats itself
  kNotNeeded,  ///< there is little to filter
  kOpen
};

FilterVerdict filter_verdict(const CountedShare& counted, const UsefulShare& reference,
                             double repeated_share);
const char* word_of(FilterVerdict verdict);

/// Lines of at most 80 columns.
std::string filter_lines(const CountedShare& counted, FilterVerdict verdict);

/// A share for --filter: two digits, rounded up.
std::string filter_share(const CountedShare& counted);

}  // namespace jest::apps::train
