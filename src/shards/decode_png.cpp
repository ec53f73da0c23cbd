// PNG, by libspng.

#include <spng.h>

#include <memory>

#include "shards/pixels.hpp"

namespace jest {
namespace {

using PngDecoder = std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)>;

constexpr std::size_t kMostChunkBytes = std::size_t{1} << 26;  // of what is not pixels

void check(int status) {
  if (status != 0) refuse_picture("a whole PNG", spng_strerror(status));
}

}  // namespace

Pixels decode_png(std::span<const std::byte> file) {
  const PngDecoder decoder(spng_ctx_new(0), &spng_ctx_free);
  if (!decoder) throw std::bad_alloc();
  check(spng_set_chunk_limits(decoder.get(), kMostChunkBytes, kMostChunkBytes));
  check(spng_set_png_buffer(decoder.get(), file.data(), file.size()));
  spng_ihdr header{};
  check(spng_get_ihdr(decoder.get(), &header));
  check_extent(header.width, header.height);
  Pixels pixels(header.width, header.height);
  const std::size_t bytes = std::size_t{4} * header.width * header.height;
  const auto rgba = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
  check(spng_decode_image(decoder.get(), rgba.get(), bytes, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS));
  put_on_white(rgba.get(), pixels);
  return pixels;
}

}  // namespace jest
