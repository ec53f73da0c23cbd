#include "train/images/picture.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kShown = 48;  // pixels of a side, about
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

/// What a bitmap of side × side pixels begins with, up to its palette.
std::string bitmap_header(std::int64_t side, std::int64_t bits, std::int64_t palette) {
  const std::int64_t stride = (side * bits / 8 + 3) / 4 * 4;  // rows end on four bytes
  const auto data = static_cast<std::uint32_t>(kHeader + palette);
  std::string bitmap = "BM";
  put(bitmap, static_cast<std::uint32_t>(data + stride * side), 4);
  put(bitmap, 0, 4);
  put(bitmap, data, 4);
  put(bitmap, 40, 4);
  put(bitmap, static_cast<std::uint32_t>(side), 4);
  put(bitmap, static_cast<std::uint32_t>(side), 4);
  put(bitmap, 1, 2);  // planes
  put(bitmap, static_cast<std::uint32_t>(bits), 2);
  bitmap.append(24, '\0');  // no compression; sizes and colours as they follow
  return bitmap;
}

void end_row(std::string& bitmap, std::int64_t bytes) { bitmap.append((4 - bytes % 4) % 4, '\0'); }

}  // namespace

std::string picture_uri(std::span<const std::uint8_t> pixels, std::int64_t side) {
  std::string bitmap = bitmap_header(side, 8, kPalette);
  for (std::uint32_t grey = 0; grey < 256; ++grey) put(bitmap, (255 - grey) * 0x010101u, 4);
  for (std::int64_t row = side - 1; row >= 0; --row) {  // from the bottom up
    for (const std::uint8_t pixel : pixels.subspan(row * side, side)) {
      bitmap.push_back(static_cast<char>(pixel));
    }
    end_row(bitmap, side);
  }
  return "data:image/bmp;base64," + base64(bitmap);
}

std::string colour_picture_uri(std::span<const std::uint8_t> planes, std::int64_t side) {
  const std::int64_t step = (side + kShown - 1) / kShown, shown = side / step;
  std::string bitmap = bitmap_header(shown, 24, 0);
  const auto mean = [&](std::int64_t colour, std::int64_t y, std::int64_t x) {
    std::int64_t sum = 0;
    for (std::int64_t k = 0; k < step * step; ++k) {
      sum += planes[(colour * side + y * step + k / step) * side + x * step + k % step];
    }
    return static_cast<char>(sum / (step * step));
  };
  for (std::int64_t y = shown - 1; y >= 0; --y) {
    for (std::int64_t x = 0; x < shown; ++x) {
      for (const std::int64_t colour : {2, 1, 0}) bitmap.push_back(mean(colour, y, x));
    }
    end_row(bitmap, 3 * shown);
  }
  return "data:image/bmp;base64," + base64(bitmap);
}

}  // namespace jest::apps::train
