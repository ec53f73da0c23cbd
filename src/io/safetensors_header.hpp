#pragma once
// What the bytes of a safetensors file say, without a file.

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "jest/io/safetensors.hpp"

namespace jest {

struct SafetensorsHeader {
  Metadata metadata;
  std::map<std::string, ArrayView> arrays;  ///< views into the bytes given
};

/// Throws a line of `source` and the defect wherever the safetensors package of Python refuses, and
/// on a name that the header has twice, which that package reads as the last of the two.
[[gnu::visibility("hidden")]] SafetensorsHeader read_safetensors_header(
    std::span<const std::byte> file, const std::string& source);

}  // namespace jest
