#include "prepare/glyphs/font_file.hpp"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <memory>
#include <type_traits>
#include <utility>

#include "jest/core/error.hpp"
#include "prepare/glyphs/glyph_image.hpp"

namespace jest::studies {
namespace {

using Library = std::unique_ptr<std::remove_pointer_t<FT_Library>, decltype(&FT_Done_FreeType)>;
using Face = std::unique_ptr<std::remove_pointer_t<FT_Face>, decltype(&FT_Done_Face)>;

Library open_library() {
  FT_Library library = nullptr;
  const FT_Error failure = FT_Init_FreeType(&library);
  if (failure != 0) refuse("start FreeType", "no error", failure);
  return {library, &FT_Done_FreeType};
}

Face open_face(const Library& library, const std::filesystem::path& path, FT_Long index) {
  FT_Face face = nullptr;
  const FT_Error failure = FT_New_Face(library.get(), path.c_str(), index, &face);
  if (failure != 0) {
    refuse("read " + path.string(), "a font", text("FreeType's error ", failure));
  }
  return {face, &FT_Done_Face};
}

/// Empty where the glyph cannot be drawn, or shows nothing.
std::string render(FT_Face face, FT_UInt glyph) {
  if (FT_Load_Glyph(face, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) return {};
  if (face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) return {};
  if (FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL) != 0) return {};
  const FT_Bitmap& drawn = face->glyph->bitmap;
  return glyph_image({drawn.buffer, static_cast<int>(drawn.width), static_cast<int>(drawn.rows),
                      drawn.pitch, face->glyph->bitmap_top});
}

}  // namespace

std::vector<DrawnGlyph> render_font(const std::filesystem::path& path) {
  static const Library library = open_library();
  std::vector<DrawnGlyph> glyphs;
  FT_Long faces = 1;
  for (FT_Long index = 0; index < faces; ++index) {
    const Face face = open_face(library, path, index);
    faces = face->num_faces;
    if (!FT_IS_SCALABLE(face) || FT_Select_Charmap(face.get(), FT_ENCODING_UNICODE) != 0 ||
        FT_Set_Pixel_Sizes(face.get(), 0, kGlyphEm) != 0) {
      continue;
    }
    FT_UInt glyph = 0;
    for (FT_ULong code = FT_Get_First_Char(face.get(), &glyph); glyph != 0;
         code = FT_Get_Next_Char(face.get(), code, &glyph)) {
      if (std::string image = render(face.get(), glyph); !image.empty()) {
        glyphs.push_back({static_cast<char32_t>(code), std::move(image)});
      }
    }
  }
  return glyphs;
}

}  // namespace jest::studies
