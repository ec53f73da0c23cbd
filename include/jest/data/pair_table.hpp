#pragma once
// Text pairs in a TSV file: UTF-8, header line `id x y` or `id x y tag`, tab-separated, no quoting,
// no escapes. id: a unique non-negative 64-bit integer; x and y not empty. The tag is for
// measurement only and never reaches a model.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "jest/core/error.hpp"

namespace jest {

struct PairTable {
  std::vector<std::int64_t> ids;
  std::vector<std::string> x;
  std::vector<std::string> y;
  std::vector<std::int32_t> tags;      ///< index into `tag_names`; empty when the file has no tags
  std::vector<std::string> tag_names;  ///< in order of first appearance
  std::string checksum;                ///< CRC-32 of the file, eight hexadecimal digits

  std::int64_t rows() const { return static_cast<std::int64_t>(ids.size()); }
};

/// Throws jest::Error naming file, line and column of the first defect. O(file).
JEST_EXPORT PairTable read_pairs(const std::filesystem::path& path);

}  // namespace jest
