// JPEG, by libjpeg-turbo.

#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>

#include "shards/pixels.hpp"

namespace jest {
namespace {

struct CloseDecoder {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};
using JpegDecoder = std::unique_ptr<std::remove_pointer_t<tjhandle>, CloseDecoder>;

/// 1, 2, 4 or 8: by how much less is decoded.
int divisor_for(int width, int height, std::int64_t least_side) {
  int divisor = 8;
  while (divisor > 1 && std::min(width, height) / divisor < least_side) divisor /= 2;
  return divisor;
}

/// Bytes that are passed over between markers harm nothing; every other warning means pixels that
/// were made up.
void check(int status, tjhandle decoder) {
  if (status == 0) return;
  const std::string_view reason = tjGetErrorStr2(decoder);
  const bool harmless =
      tjGetErrorCode(decoder) == TJERR_WARNING && reason.find("extraneous bytes") != reason.npos;
  if (!harmless) refuse_picture("a whole JPEG", std::string(reason));
}

/// Adobe's four inks, stored as the light that they leave.
Pixels from_inks(const std::uint8_t* inks, std::int64_t width, std::int64_t height) {
  Pixels pixels(width, height);
  std::uint8_t* out = pixels.rgb.get();
  for (std::int64_t k = 0; k < width * height; ++k, inks += 4, out += 3) {
    for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>((inks[c] * inks[3] + 127) / 255);
  }
  return pixels;
}

}  // namespace

Pixels decode_jpeg(std::span<const std::byte> file, std::int64_t least_side) {
  constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;
  // A new one each time: one that failed would go on where it stopped.
  const JpegDecoder opened(tjInitDecompress());
  if (!opened) throw std::bad_alloc();
  tjhandle decoder = opened.get();
  const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
  int width = 0, height = 0, sampling = 0, colours = 0;
  const auto size = static_cast<unsigned long>(file.size());
  check(tjDecompressHeader3(decoder, bytes, size, &width, &height, &sampling, &colours), decoder);
  check_extent(width, height);
  const tjscalingfactor scale{1, divisor_for(width, height, least_side)};
  width = TJSCALED(width, scale);
  height = TJSCALED(height, scale);
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    const auto inks =
        std::make_unique_for_overwrite<std::uint8_t[]>(std::size_t{4} * width * height);
    check(tjDecompress2(decoder, bytes, size, inks.get(), width, 0, height, TJPF_CMYK, kFlags),
          decoder);
    return from_inks(inks.get(), width, height);
  }
  Pixels pixels(width, height);
  check(tjDecompress2(decoder, bytes, size, pixels.rgb.get(), width, 0, height, TJPF_RGB, kFlags),
        decoder);
  return pixels;
}

}  // namespace jest
