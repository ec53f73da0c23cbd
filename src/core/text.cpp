// Text of numbers, formatted as std::ostream formats them by default, and of what errors say.

#include "jest/core/error.hpp"

#include <charconv>
#include <sstream>

namespace jest {
namespace {

std::string one_line(std::string_view message) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string line;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte != 127) {
      line += c;
    } else {
      line += {'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]};
    }
  }
  return line;
}

}  // namespace

Error::Error(std::string_view message) : std::runtime_error(one_line(message)) {}

namespace detail {
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

}  // namespace detail
}  // namespace jest
