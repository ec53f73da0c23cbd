// From the file of a picture to RGB of a side that was asked for.

#include <algorithm>
#include <string_view>

#include "io/foreign_format.hpp"
#include "jest/data/shards.hpp"
#include "shards/pixels.hpp"

namespace jest {
namespace {

std::string_view beginning_of(std::span<const std::byte> file) {
  return {reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 512)};
}

/// By what it holds: names are often wrong.
Pixels decode(std::span<const std::byte> file, std::int64_t least_side) {
  using namespace std::string_view_literals;
  const std::string_view bytes = beginning_of(file);
  if (bytes.starts_with("\xFF\xD8\xFF"sv)) return decode_jpeg(file, least_side);
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) return decode_png(file);
  if (bytes.size() >= 12 && bytes.starts_with("RIFF"sv) && bytes.substr(8, 4) == "WEBP"sv) {
    return decode_webp(file);
  }
  std::string came = bytes.empty() ? "an empty file" : foreign_format(bytes);
  if (bytes.starts_with("GIF8"sv)) came = "GIF";
  if (came.empty()) came = "something else";
  refuse_picture("JPEG, PNG or WebP", came);
}

Region seen_part(const Pixels& pixels, PictureFit fit) {
  if (fit == PictureFit::kSquash) return {0, 0, pixels.width, pixels.height};
  const std::int64_t side = std::min(pixels.width, pixels.height);
  return {(pixels.width - side) / 2, (pixels.height - side) / 2, side, side};
}

}  // namespace

Pixels::Pixels(std::int64_t given_width, std::int64_t given_height)
    : width(given_width), height(given_height) {
  check_extent(width, height);
  rgb = std::make_unique_for_overwrite<std::uint8_t[]>(3 * width * height);
}

void check_extent(std::int64_t width, std::int64_t height) {
  if (width >= 1 && height >= 1 && width <= kMostPixels / height) return;
  refuse_picture(text("1 to ", kMostPixels, " pixels"), text(width, " x ", height));
}

void refuse_picture(const std::string& expected, const std::string& came) {
  refuse("decode a picture", expected, came);
}

void put_on_white(const std::uint8_t* rgba, Pixels& pixels) {
  const std::int64_t count = pixels.width * pixels.height;
  std::uint8_t* out = pixels.rgb.get();
  for (std::int64_t k = 0; k < count; ++k, rgba += 4, out += 3) {
    const std::uint32_t ink = rgba[3], paper = 255 * (255 - ink);
    for (int c = 0; c < 3; ++c)
      out[c] = static_cast<std::uint8_t>((rgba[c] * ink + paper + 127) / 255);
  }
}

void decode_picture(std::span<const std::byte> file, const PictureSpec& spec,
                    std::span<std::uint8_t> out) {
  if (spec.side < 1 || spec.side > 4096 || std::ssize(out) != 3 * spec.side * spec.side) {
    refuse("decode a picture", "a side from 1 to 4096, and room for 3 side² bytes",
           text("side ", spec.side, ", ", out.size(), " bytes"));
  }
  const Pixels pixels = decode(file, spec.side);
  average_areas(pixels, seen_part(pixels, spec.fit), spec.side, out);
}

}  // namespace jest
