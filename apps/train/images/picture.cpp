#include "train/images/picture.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kHeader = 14 + 40;
constexpr std::int64_t kPalette = 256 * 4;

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int k = 0; k < bytes; ++k) out.push_back(static_cast<char>(value >> 8 * k));
}

std::string base64(const std::string& bytes) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t k = 0; k < bytes.size(); k += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = k; j < k + 3; ++j) {
      group = group << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0);
    }
    for (int digit = 0; digit < 4; ++digit) {
      const bool padding = k + digit > bytes.size();
      out.push_back(padding ? '=' : kDigits[group >> (18 - 6 * digit) & 63]);
    }
  }
  return out;
}

}  // namespace

std::string picture_uri(std::span<const std::uint8_t> pixels, std::int64_t side) {
  const std::int64_t stride = (side + 3) / 4 * 4;  // rows of a bitmap end on four bytes
  const auto data = static_cast<std::uint32_t>(kHeader + kPalette);
  const auto size = static_cast<std::uint32_t>(data + stride * side);
  std::string bitmap = "BM";
  put(bitmap, size, 4);
  put(bitmap, 0, 4);
  put(bitmap, data, 4);
  put(bitmap, 40, 4);
  put(bitmap, static_cast<std::uint32_t>(side), 4);
  put(bitmap, static_cast<std::uint32_t>(side), 4);
  put(bitmap, 1, 2);        // planes
  put(bitmap, 8, 2);        // bits a pixel
  bitmap.append(24, '\0');  // no compression; sizes and colours as they follow
  for (std::uint32_t grey = 0; grey < 256; ++grey) put(bitmap, (255 - grey) * 0x010101u, 4);
  for (std::int64_t row = side - 1; row >= 0; --row) {  // from the bottom up
    for (const std::uint8_t pixel : pixels.subspan(row * side, side)) {
      bitmap.push_back(static_cast<char>(pixel));
    }
    bitmap.append(stride - side, '\0');
  }
  return "data:image/bmp;base64," + base64(bitmap);
}

}  // namespace jest::apps::train
