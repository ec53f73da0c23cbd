// WebP, by libwebp.

#include <webp/decode.h>

#include "shards/pixels.hpp"

namespace jest {

Pixels decode_webp(std::span<const std::byte> file) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(file.data());
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(bytes, file.size(), &features) != VP8_STATUS_OK) {
    refuse_picture("a whole WebP", "a damaged header");
  }
  if (features.has_animation) refuse_picture("a still picture", "an animated WebP");
  Pixels pixels(features.width, features.height);
  const std::size_t count = static_cast<std::size_t>(features.width) * features.height;
  std::unique_ptr<std::uint8_t[]> rgba;
  bool whole = false;
  if (features.has_alpha) {
    rgba = std::make_unique_for_overwrite<std::uint8_t[]>(4 * count);
    whole = WebPDecodeRGBAInto(bytes, file.size(), rgba.get(), 4 * count, 4 * features.width);
  } else {
    whole = WebPDecodeRGBInto(bytes, file.size(), pixels.rgb.get(), 3 * count, 3 * features.width);
  }
  if (!whole) refuse_picture("a whole WebP", "one that is damaged or cut short");
  if (rgba) put_on_white(rgba.get(), pixels);
  return pixels;
}

}  // namespace jest
