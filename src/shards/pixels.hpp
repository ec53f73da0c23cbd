#pragma once
// A decoded picture, and the decoders of its formats.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace jest {

/// RGB, row by row from the top.
struct Pixels {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::unique_ptr<std::uint8_t[]> rgb = {};  ///< [height, width, 3], not initialised

  Pixels(std::int64_t width, std::int64_t height);
};

/// Throws where there are no pixels or more than kMostPixels.
void check_extent(std::int64_t width, std::int64_t height);

/// "decode a picture: expected `expected`, got `came`".
[[noreturn]] void refuse_picture(const std::string& expected, const std::string& came);

/// At 1/2, 1/4 or 1/8 where neither side is then shorter than `least_side`.
Pixels decode_jpeg(std::span<const std::byte> file, std::int64_t least_side);
Pixels decode_png(std::span<const std::byte> file);
Pixels decode_webp(std::span<const std::byte> file);

/// [height, width, 4] on white, into `pixels`.
void put_on_white(const std::uint8_t* rgba, Pixels& pixels);

/// A part of a picture.
struct Region {
  std::int64_t x = 0, y = 0, width = 0, height = 0;
};

/// Means over areas, planes [3, side, side] in `out`. O(pixels of the region + side²).
void average_areas(const Pixels& pixels, const Region& region, std::int64_t side,
                   std::span<std::uint8_t> out);

}  // namespace jest
