#include "prepare/pictures/emoji_font.hpp"

#include <ft2build.h>
#include FT_FREETYPE_H
#include <spng.h>

#include <cstdlib>

#include "jest/core/error.hpp"

namespace jest::studies {
namespace {

/// Without FreeType's multiplication of colours by their opacity, and red before blue.
std::string rgba_of(const FT_Bitmap& drawn) {
  std::string rgba;
  for (unsigned y = 0; y < drawn.rows; ++y) {
    const unsigned char* pixel = drawn.buffer + static_cast<std::ptrdiff_t>(y) * drawn.pitch;
    for (unsigned x = 0; x < drawn.width; ++x, pixel += 4) {
      const unsigned opacity = pixel[3];
      for (const int colour : {2, 1, 0}) {
        const unsigned full = opacity == 0 ? 0 : (pixel[colour] * 255u + opacity / 2) / opacity;
        rgba += static_cast<char>(full > 255 ? 255 : full);
      }
      rgba += static_cast<char>(opacity);
    }
  }
  return rgba;
}

std::string png(const std::string& rgba, unsigned width, unsigned height) {
  const std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)> encoder(spng_ctx_new(SPNG_CTX_ENCODER),
                                                                    &spng_ctx_free);
  spng_set_option(encoder.get(), SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{};
  header.width = width;
  header.height = height;
  header.bit_depth = 8;
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
  spng_set_ihdr(encoder.get(), &header);
  int failure = spng_encode_image(encoder.get(), rgba.data(), rgba.size(), SPNG_FMT_PNG,
                                  SPNG_ENCODE_FINALIZE);
  std::size_t size = 0;
  void* data = failure ? nullptr : spng_get_png_buffer(encoder.get(), &size, &failure);
  if (!data) refuse("write a PNG", "no error", spng_strerror(failure));
  std::string file(static_cast<const char*>(data), size);
  std::free(data);
  return file;
}

}  // namespace

struct EmojiFont::Face {
  FT_Library library = nullptr;
  FT_Face face = nullptr;

  ~Face() {
    if (face) FT_Done_Face(face);
    if (library) FT_Done_FreeType(library);
  }
};

EmojiFont::EmojiFont(const std::filesystem::path& path) : face_(std::make_unique<Face>()) {
  const bool opened = FT_Init_FreeType(&face_->library) == 0 &&
                      FT_New_Face(face_->library, path.c_str(), 0, &face_->face) == 0;
  if (!opened || !FT_HAS_COLOR(face_->face) || FT_Select_Size(face_->face, 0) != 0) {
    refuse("read " + path.string(), "a font of coloured bitmaps", opened ? "another" : "no font");
  }
}

EmojiFont::~EmojiFont() = default;

std::string EmojiFont::png_of(char32_t code_point) const {
  FT_Face face = face_->face;
  const FT_UInt glyph = FT_Get_Char_Index(face, code_point);
  if (glyph == 0 || FT_Load_Glyph(face, glyph, FT_LOAD_COLOR) != 0) return {};
  const FT_Bitmap& drawn = face->glyph->bitmap;
  if (drawn.pixel_mode != FT_PIXEL_MODE_BGRA || drawn.width == 0 || drawn.rows == 0) return {};
  return png(rgba_of(drawn), drawn.width, drawn.rows);
}

}  // namespace jest::studies
