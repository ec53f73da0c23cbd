#include "prepare/glyphs/glyph_image.hpp"

#include <algorithm>

namespace jest::studies {
namespace {

/// floor(n / 2), for n of either sign.
int half(int n) { return n >> 1; }

}  // namespace

std::string glyph_image(const Coverage& drawn) {
  std::string image(kGlyphSide * kGlyphSide, '\0');
  const int left = half(kGlyphSide - drawn.width);
  const int first_row = kGlyphBaseline - drawn.top;
  bool inked = false;
  for (int y = std::max(0, -first_row); y < std::min(drawn.height, kGlyphSide - first_row); ++y) {
    for (int x = std::max(0, -left); x < std::min(drawn.width, kGlyphSide - left); ++x) {
      const std::uint8_t pixel = drawn.pixels[y * drawn.stride + x];
      image[static_cast<std::size_t>((first_row + y) * kGlyphSide + left + x)] =
          static_cast<char>(pixel);
      inked = inked || pixel != 0;
    }
  }
  return inked ? image : std::string();
}

}  // namespace jest::studies
