#pragma once
// Where tokens lie in the .bin files of nanoGPT and llm.c.

#include <cstddef>
#include <string>

#include "jest/io/atomic_file.hpp"

namespace jest {

struct TokenLayout {
  std::size_t width = 2;  ///< bytes of a token, 2 or 4
  std::size_t begin = 0;  ///< of the first, in bytes
};

inline constexpr const char* kTokenFile = "tokens: .bin of nanoGPT or llm.c";

/// A file of llm.c says itself what it is; any other is raw tokens of `raw_width` bytes. Throws,
/// with `name` of the file, as TokenFile (jest/data/token_table.hpp) says.
TokenLayout token_layout(const FileView& file, const std::string& name, std::size_t raw_width);

}  // namespace jest
