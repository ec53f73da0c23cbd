#pragma once
// Numbers as people read them: thousands separators, few digits, units. What is not finite is "–".

#include <cstdint>
#include <string>

namespace jest::apps::report {

inline constexpr const char* kNoValue = "–";

/// 1234567 -> "1,234,567".
std::string grouped(double whole_number);

/// A fixed number of decimals: fixed(1234.5, 2) -> "1,234.50".
std::string fixed(double value, int decimals);

/// That many significant digits: significant(0.12345, 3) -> "0.123", significant(6, 3) -> "6.00".
std::string significant(double value, int digits);

/// At most that many, without trailing zeros: trimmed(6, 3) -> "6".
std::string trimmed(double value, int digits);

/// A ratio, three significant digits and at least one decimal below 100: "2.5", "1.07", "1.0".
std::string times(double ratio);

/// A share of one: 0.0345 -> "3.5 %"; what would round to nothing is "< 0.1 %".
std::string percent(double share);

/// A unit with the factor that turns one of it into the base unit.
struct Unit {
  double size = 1;
  const char* name = "";
};

/// The unit in which `largest` has one to three digits before the point.
Unit flop_unit(double largest_flops);
Unit second_unit(double largest_seconds);
Unit joule_unit(double largest_joules);

/// "1.23 TFLOP".
std::string flops_text(double flops);
/// "12.3 s", "4.5 min".
std::string seconds_text(double seconds);
/// "1.23 kJ".
std::string joules_text(double joules);

}  // namespace jest::apps::report
