#pragma once
// Rows of glyphs: the picture of a character and its name, tagged by where the font is from.

#include <string>
#include <vector>

#include "prepare/glyphs/unicode_names.hpp"
#include "prepare/image_rows.hpp"

namespace jest::studies {

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
ImageRows glyph_rows(const FontName& font, std::vector<DrawnGlyph> glyphs,
                     const UnicodeNames& names);

}  // namespace jest::studies
