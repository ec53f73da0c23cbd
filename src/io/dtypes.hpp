#pragma once
// Sizes of the element types of safetensors files.
#include <cstdint>
#include <string>

#include "jest/core/error.hpp"

namespace jest {

struct DtypeBits {
  const char* dtype;
  std::uint64_t bits;
};

constexpr DtypeBits kDtypeBits[] = {
    {"F64", 64},        {"I64", 64},        {"U64", 64},    {"C64", 64},    {"F32", 32},
    {"I32", 32},        {"U32", 32},        {"F16", 16},    {"BF16", 16},   {"I16", 16},
    {"U16", 16},        {"I8", 8},          {"U8", 8},      {"BOOL", 8},    {"F8_E5M2", 8},
    {"F8_E4M3", 8},     {"F8_E8M0", 8},     {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},
    {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
};

/// Bits of one element of a safetensors dtype; throws on an unknown name.
inline std::uint64_t dtype_bits(const std::string& dtype) {
  for (const auto& [name, bits] : kDtypeBits) {
    if (dtype == name) return bits;
  }
  throw Error("an unknown dtype: " + dtype.substr(0, 60));
}

/// Bytes of `elements` elements of a dtype; throws where they end within a byte, or overflow.
inline std::uint64_t dtype_bytes(const std::string& dtype, std::uint64_t elements) {
  const std::uint64_t bits = dtype_bits(dtype);
  if (elements > UINT64_MAX / bits) throw Error(text("an overflow: ", elements, " of ", dtype));
  if (elements * bits % 8 != 0) {
    throw Error(text(elements, " elements of ", dtype, ", which end within a byte"));
  }
  return elements * bits / 8;
}

}  // namespace jest
