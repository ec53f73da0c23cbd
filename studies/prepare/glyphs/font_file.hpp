#pragma once
// Renders the glyphs of a font file.

#include <filesystem>
#include <vector>

#include "prepare/glyphs/glyph_rows.hpp"

namespace jest::studies {

/// Every character that the file's outlines draw, in order of face and code point; images as of
/// glyph_image(), unhinted. Faces without outlines or without a Unicode mapping draw nothing.
/// Throws jest::Error where the file is no font.
std::vector<DrawnGlyph> render_font(const std::filesystem::path& path);

}  // namespace jest::studies
