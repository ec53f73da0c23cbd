#pragma once
// The picture of one glyph.

#include <cstdint>
#include <string>

#include "prepare/image_rows.hpp"

namespace jest::studies {

inline constexpr int kGlyphSide = kImageSide;
inline constexpr int kGlyphBaseline = 23;  // the first row below the baseline
inline constexpr int kGlyphEm = 22;        // pixels

/// What a rasteriser drew: rows of 8-bit coverage, the highest first.
struct Coverage {
  const std::uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  int stride = 0;  // bytes from row to row
  int top = 0;     // rows above the baseline
};

/// 32 x 32 bytes in rows, ink 255 on 0: the drawn part centred horizontally, its baseline above row
/// 23. What does not fit is cut off. Empty where no pixel of it is inside.
std::string glyph_image(const Coverage& drawn);

}  // namespace jest::studies
