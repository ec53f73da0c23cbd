#pragma once
// Numbers of the command line.

#include <charconv>
#include <string_view>

namespace jest::apps {

/// Whether all of `field` is a number; no blanks, no sign +.
template <class Value>
bool parse_whole(std::string_view field, Value& value) {
  const auto end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  return error == std::errc() && stop == end;
}

}  // namespace jest::apps
