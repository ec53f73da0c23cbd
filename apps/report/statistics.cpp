#include "report/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace jest::apps::report {

Spread spread(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  std::sort(values.begin(), values.end());
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {.median = kNothing, .low = kNothing, .high = kNothing};
  const std::size_t n = values.size();
  const auto never =
      std::count_if(values.begin(), values.end(), [](double value) { return std::isinf(value); });
  return {.median = (values[(n - 1) / 2] + values[n / 2]) / 2,
          .low = values.front(),
          .high = values.back(),
          .known = static_cast<int>(n),
          .never = static_cast<int>(never)};
}

double mean(const std::vector<double>& values) {
  double sum = 0, known = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++known;
  }
  return sum / known;
}

}  // namespace jest::apps::report
