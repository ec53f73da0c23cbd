#pragma once
// Rows of glyphs: a picture and the name of the character it shows.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/glyphs/unicode_names.hpp"

namespace jest {

struct GlyphRow {
  std::int64_t id = 0;    // of font file and code point: the same on every run
  std::string image;      // as of glyph_image()
  std::int32_t name = 0;  // row of names.txt
  std::string tag;        // where the font is from
};

using GlyphRows = std::vector<GlyphRow>;

/// Which font a row is from.
struct FontName {
  std::string tag;
  std::string file;  // its path in the package
};

struct DrawnGlyph {
  char32_t code_point = 0;
  std::string image;
};

/// A row for each drawn character that has a name.
GlyphRows glyph_rows(const FontName& font, std::vector<DrawnGlyph> glyphs,
                     const UnicodeNames& names);

/// All rows in order of id, each id once.
GlyphRows in_order_of_id(GlyphRows rows);

/// Exchanges the names of `share` of the rows among themselves, so that none keeps its own, and
/// tags these "noise" and all others "true", in the place of their fonts. Which rows, and who gets
/// what, is a pure function of the rows' ids and the seed. Order is kept.
GlyphRows exchange_names(GlyphRows rows, double share, std::uint64_t seed);

}  // namespace jest
