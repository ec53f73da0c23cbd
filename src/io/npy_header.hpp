#pragma once
// What the bytes of NumPy's .npy say, without a file, and the bytes that say it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jest/io/safetensors.hpp"

namespace jest {

/// Whether the bytes begin as .npy does.
bool is_npy(std::span<const std::byte> file);

/// The array of a .npy file (versions 1 to 3): little-endian numbers, last index fastest. The dtype
/// u8,u8 of 128-bit identifiers is U64 [rows, 2], S32, their hexadecimal digits, U8 [rows, 32], and
/// V2, as ml_dtypes writes it, BF16. Throws a line of `source` and the defect.
/// Source: NumPy's numpy.lib.format.
ArrayView read_npy_header(std::span<const std::byte> file, const std::string& source);

/// A whole .npy file of version 1; `descr` is NumPy's, "'<i8'" or "[('f0', '<u8'), ...]".
[[gnu::visibility("hidden")]] std::string npy_bytes(const std::string& descr,
                                                    const std::vector<std::int64_t>& shape,
                                                    std::span<const std::byte> content);

}  // namespace jest
