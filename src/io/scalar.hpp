#pragma once
// The number in an array of one element.

#include <cstring>
#include <optional>

#include "jest/io/safetensors.hpp"

namespace jest {

/// Of a 0-d or one-element F32 or F64 array; nothing of others.
inline std::optional<double> scalar_of(const ArrayView& array) {
  if (array.elements() != 1) return std::nullopt;
  const auto read_as = [&array](auto number) {
    std::memcpy(&number, array.bytes.data(), sizeof number);
    return static_cast<double>(number);
  };
  if (array.dtype == "F32") return read_as(0.0F);
  if (array.dtype == "F64") return read_as(0.0);
  return std::nullopt;
}

}  // namespace jest
