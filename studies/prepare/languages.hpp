#pragma once
// The languages whose package descriptions are used: the sixteen with the most translations.

#include <array>
#include <string>
#include <string_view>

namespace jest::studies {

inline constexpr std::array<std::string_view, 16> kLanguages = {
    "it", "da", "fr", "de", "sk", "pt_BR", "ja",    "ko",
    "uk", "pl", "ru", "es", "cs", "pt",    "zh_CN", "fi"};

/// "it, da, fr, ...", for messages.
inline std::string language_list() {
  std::string list;
  for (const std::string_view language : kLanguages) {
    if (!list.empty()) list += ", ";
    list += language;
  }
  return list;
}

}  // namespace jest::studies
