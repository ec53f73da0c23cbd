#include "report/ticks.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace jest::apps::report {
namespace {

constexpr double kSlack = 1e-9;  // of a step, for what rounding leaves

Range usable(Range range) {
  if (!std::isfinite(range.low) || !std::isfinite(range.high)) return {};
  const double smallest = 1e-9 * std::max(std::abs(range.low), std::abs(range.high));
  if (range.high - range.low > smallest) return range;
  return {range.low, range.low + std::max(1.0, std::abs(range.low))};
}

struct TickStep {
  double size;
  int decimals;
};

// The smallest round step of which `most` cover the range.
TickStep tick_step(Range range, int most) {
  const double wanted = (range.high - range.low) / most;
  const int exponent = static_cast<int>(std::floor(std::log10(wanted)));
  const double power = std::pow(10.0, exponent);
  for (const double factor : std::array<double, 4>{1, 2, 2.5, 5}) {
    if (factor * power < wanted * (1 - kSlack)) continue;
    return {factor * power, std::max(0, (factor == 2.5 ? 1 : 0) - exponent)};
  }
  return {10 * power, std::max(0, -exponent - 1)};
}

}  // namespace

Ticks nice_ticks(Range range, int most) {
  const Range inside = usable(range);
  const TickStep step = tick_step(inside, most);
  Ticks ticks{.values = {}, .decimals = step.decimals};
  const auto first = static_cast<long long>(std::ceil(inside.low / step.size - kSlack));
  const auto last = static_cast<long long>(std::floor(inside.high / step.size + kSlack));
  for (long long i = first; i <= last; ++i) {
    ticks.values.push_back(static_cast<double>(i) * step.size);
  }
  return ticks;
}

std::vector<double> logarithmic_ticks(Range range, int most) {
  const double low = range.low * (1 - kSlack), high = range.high * (1 + kSlack);
  std::vector<double> all, powers;
  for (int k = static_cast<int>(std::floor(std::log10(low))); std::pow(10, k) <= high; ++k) {
    for (const int factor : {1, 2, 5}) {
      const double value = factor * std::pow(10, k);
      if (value < low || value > high) continue;
      all.push_back(value);
      if (factor == 1) powers.push_back(value);
    }
  }
  return static_cast<int>(all.size()) > most + 1 ? powers : all;
}

Range widened_to_ticks(Range range, int most) {
  const Range inside = usable(range);
  const double step = tick_step(inside, most).size;
  return {std::floor(inside.low / step + kSlack) * step,
          std::ceil(inside.high / step - kSlack) * step};
}

}  // namespace jest::apps::report
