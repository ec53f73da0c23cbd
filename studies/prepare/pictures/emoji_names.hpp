#pragma once
// Names of emoji, out of the annotations of Unicode's CLDR.

#include <map>
#include <string>
#include <string_view>

namespace jest::studies {

/// Names by character, in UTF-8, out of annotations/LOCALE.xml: the short ones ("tts"). What only
/// repeats another locale's (↑↑↑) is left out.
std::map<std::string, std::string> read_emoji_names(std::string_view xml);

/// The file that has a language in the spelling of Tux Paint's: "zh_TW" is in "zh_Hant".
std::string cldr_locale(const std::string& language);

/// The code point of a text that is one character; 0 of others.
char32_t only_code_point(std::string_view text);

}  // namespace jest::studies
