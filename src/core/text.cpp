// Text of numbers, formatted as std::ostream formats them by default.

#include "jest/core/error.hpp"

#include <charconv>
#include <sstream>

namespace jest::detail {
namespace {

/// Enough for 64 bits in decimal, and for a double of six digits.
using Digits = char[32];

template <class... How>
void append_number(std::string& out, const How&... how) {
  Digits digits;
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), how...);
  out.append(digits, end);
}

}  // namespace

#ifdef _GLIBCXX_DEBUG
const int built_with_GLIBCXX_DEBUG = 1;
#endif

void append(std::string& out, long long number) { append_number(out, number); }
void append(std::string& out, unsigned long long number) { append_number(out, number); }

void append(std::string& out, double number) {
  constexpr int kPrecision = 6;  // std::ostream's
  append_number(out, number, std::chars_format::general, kPrecision);
}

std::string streamed(const void* values, void (*print)(std::ostream& out, const void* values)) {
  std::ostringstream stream;
  print(stream, values);
  return std::move(stream).str();
}

}  // namespace jest::detail
