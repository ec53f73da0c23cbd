#pragma once
// Names of characters, out of Unicode's own table.
// Source: UAX #44, "UnicodeData.txt".

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jest::studies {

struct UnicodeNames {
  std::vector<std::string> names;              // in order of code point
  std::map<char32_t, std::int32_t> positions;  // in `names`, by code point
};

/// Reads UnicodeData.txt. Left out is what has no name of its own: control characters, private use,
/// surrogates, and characters named by their number, as ideographs and Hangul syllables are.
UnicodeNames read_unicode_names(std::string_view table);

/// Whether a code point is kept for evaluation: true for 10 % of them, the same for every seed.
bool code_point_held_out(char32_t code_point);

}  // namespace jest::studies
