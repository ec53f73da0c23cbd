#include "report/number_format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace jest::apps::report {
namespace {

// "1234567.5" -> "1,234,567.5".
std::string with_separators(std::string digits) {
  std::size_t place = std::min(digits.find('.'), digits.size());
  while (place > 3) {
    place -= 3;
    digits.insert(place, 1, ',');
  }
  return digits;
}

std::string without_trailing_zeros(std::string digits) {
  if (digits.find('.') == std::string::npos) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return digits;
}

int decimals_for(double value, int digits) {
  if (value == 0 || !std::isfinite(value)) return 0;
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return std::clamp(digits - 1 - magnitude, 0, 12);
}

template <std::size_t n>
Unit largest_unit_below(const std::array<Unit, n>& units, double value) {
  Unit chosen = units.front();
  for (const Unit& unit : units) {
    if (std::isfinite(value) && std::abs(value) >= unit.size) chosen = unit;
  }
  return chosen;
}

}  // namespace

std::string grouped(double whole_number) { return fixed(whole_number, 0); }

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return kNoValue;
  std::array<char, 400> buffer;  // the largest double has 309 digits before the point
  std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  const std::string digits = buffer.data();
  const bool nothing_left = digits.find_first_not_of("-0.") == std::string::npos;
  if (digits[0] != '-') return with_separators(digits);
  return (nothing_left ? "" : "−") + with_separators(digits.substr(1));
}

std::string significant(double value, int digits) {
  return fixed(value, decimals_for(value, digits));
}

std::string trimmed(double value, int digits) {
  return without_trailing_zeros(significant(value, digits));
}

std::string times(double ratio) {
  const std::string digits = trimmed(ratio, 3);
  const bool whole = std::isfinite(ratio) && digits.find('.') == std::string::npos;
  return whole && std::abs(ratio) < 100 ? digits + ".0" : digits;
}

std::string percent(double share) {
  if (!std::isfinite(share)) return kNoValue;
  if (share == 0) return "0 %";
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  return fixed(100 * share, 1) + " %";
}

Unit flop_unit(double largest_flops) {
  static constexpr std::array<Unit, 6> kUnits = {{{1, "FLOP"},
                                                  {1e6, "MFLOP"},
                                                  {1e9, "GFLOP"},
                                                  {1e12, "TFLOP"},
                                                  {1e15, "PFLOP"},
                                                  {1e18, "EFLOP"}}};
  return largest_unit_below(kUnits, largest_flops);
}

Unit second_unit(double largest_seconds) {
  static constexpr double kMinute = 60, kHour = 3600;
  if (largest_seconds >= 3 * kHour) return {kHour, "h"};
  if (largest_seconds >= 5 * kMinute) return {kMinute, "min"};
  return {1, "s"};
}

Unit joule_unit(double largest_joules) {
  static constexpr std::array<Unit, 4> kUnits = {{{1, "J"}, {1e3, "kJ"}, {1e6, "MJ"}, {1e9, "GJ"}}};
  return largest_unit_below(kUnits, largest_joules);
}

std::string flops_text(double flops) {
  const Unit unit = flop_unit(flops);
  return significant(flops / unit.size, 3) + " " + unit.name;
}

std::string seconds_text(double seconds) {
  const Unit unit = second_unit(seconds);
  return significant(seconds / unit.size, 3) + " " + unit.name;
}

std::string joules_text(double joules) {
  const Unit unit = joule_unit(joules);
  if (!std::isfinite(joules)) return kNoValue;
  return significant(joules / unit.size, 3) + " " + unit.name;
}

}  // namespace jest::apps::report
