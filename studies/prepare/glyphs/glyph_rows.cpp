#include "prepare/glyphs/glyph_rows.hpp"

#include <utility>

#include "jest/core/error.hpp"
#include "prepare/row_id.hpp"

namespace jest::studies {

ImageRows glyph_rows(const FontName& font, std::vector<DrawnGlyph> glyphs,
                     const UnicodeNames& names) {
  ImageRows rows;
  for (DrawnGlyph& glyph : glyphs) {
    const auto name = names.positions.find(glyph.code_point);
    if (name == names.positions.end()) continue;
    const auto number = static_cast<std::uint32_t>(glyph.code_point);
    rows.push_back({row_id(text(font.tag, ' ', font.file, ' ', number)), std::move(glyph.image),
                    name->second, font.tag});
  }
  return rows;
}

}  // namespace jest::studies
