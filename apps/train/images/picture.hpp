#pragma once
// A small image as text that a browser shows.

#include <cstdint>
#include <span>
#include <string>

namespace jest::apps::train {

/// "data:image/bmp;base64,..." of `side` × `side` pixels, bright ink shown dark on white.
std::string picture_uri(std::span<const std::uint8_t> pixels, std::int64_t side);

/// The same of RGB, planes [3, side, side], as it is; a side beyond 48 is shown smaller.
std::string colour_picture_uri(std::span<const std::uint8_t> planes, std::int64_t side);

}  // namespace jest::apps::train
