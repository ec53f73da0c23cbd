#pragma once
// Round numbers along an axis.

#include <vector>

namespace jest::apps::report {

struct Range {
  double low = 0;
  double high = 1;
};

struct Ticks {
  std::vector<double> values;
  int decimals = 0;  ///< what their labels need
};

/// Multiples of 1, 2, 2.5 or 5 times a power of ten inside `range`, at most `most` + 1 of them.
/// An empty or non-finite range is treated as 0 to 1 around its lower end.
Ticks nice_ticks(Range range, int most);

/// 1, 2 and 5 times the powers of ten inside a range above 0; the powers alone where those would be
/// more than `most` + 1.
std::vector<double> logarithmic_ticks(Range range, int most);

/// The range widened outwards to the next ticks.
Range widened_to_ticks(Range range, int most);

}  // namespace jest::apps::report
