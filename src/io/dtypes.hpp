#pragma once
// Sizes of the element types of safetensors files.
#include <cstdint>
#include <string>

#include "jest/core/error.hpp"

namespace jest {

/// Bytes of one element of a safetensors dtype; throws on an unknown name.
inline std::uint64_t dtype_bytes(const std::string& dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16" || dtype == "U16") return 2;
  if (dtype == "I8" || dtype == "U8" || dtype == "BOOL") return 1;
  throw Error("an unknown dtype: " + dtype);
}

}  // namespace jest
