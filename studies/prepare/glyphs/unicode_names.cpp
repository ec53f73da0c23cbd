#include "prepare/glyphs/unicode_names.hpp"

#include <charconv>

#include "jest/core/error.hpp"
#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

constexpr double kHeldOutCodePoints = 0.1;

/// Takes what stands before `end`, or all, off the rest.
std::string_view next_part(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return part;
}

char32_t code_point_of(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (failure != std::errc() || end != digits.data() + digits.size()) {
    refuse("read UnicodeData.txt", "a code point in hexadecimal digits", digits);
  }
  return value;
}

}  // namespace

UnicodeNames read_unicode_names(std::string_view table) {
  UnicodeNames read;
  while (!table.empty()) {
    std::string_view line = next_part(table, '\n');
    if (line.empty()) continue;
    const std::string_view digits = next_part(line, ';');
    const std::string_view name = next_part(line, ';');
    const char32_t code_point = code_point_of(digits);
    // "<control>", "<CJK Ideograph, First>"; "CJK COMPATIBILITY IDEOGRAPH-F900".
    if (name.empty() || name.starts_with('<') || name.ends_with(text('-', digits))) continue;
    read.positions[code_point] = static_cast<std::int32_t>(read.names.size());
    read.names.emplace_back(name);
  }
  return read;
}

bool code_point_held_out(char32_t code_point) {
  const PhiloxCounter words = philox4x32_10(
      {static_cast<std::uint32_t>(code_point), 0, static_cast<std::uint32_t>(Purpose::kHeldOut), 0},
      {0, 0});
  return words[0] < kHeldOutCodePoints * 0x1p32;
}

}  // namespace jest::studies
