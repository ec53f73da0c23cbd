#pragma once
// Medians and ranges over seeds.

#include <vector>

namespace jest::apps::report {

/// Median, minimum and maximum of what is known: NaN is left out, infinity ("never") counts.
struct Spread {
  double median;
  double low;
  double high;
  int known = 0;  ///< how many values, infinite ones included
  int never = 0;  ///< how many infinite ones
};

/// All members are NaN if nothing is known.
Spread spread(std::vector<double> values);

double mean(const std::vector<double>& values);  ///< of what is finite; NaN if nothing is

}  // namespace jest::apps::report
