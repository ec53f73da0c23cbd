#pragma once
// Text pairs in a TSV file: UTF-8, header line `id x y` or `id x y tag`, tab-separated, no quoting,
// no escapes. id: a unique non-negative 64-bit integer; x and y not empty. The tag is for
// measurement only and never reaches a model.

#include <filesystem>
#include <string>
#include <vector>

#include "jest/data/tables.hpp"

namespace jest::apps::train {

/// Tag names are in order of first appearance; the checksum is that of the file.
struct PairTable : ExampleTable {
  std::vector<std::string> x;
  std::vector<std::string> y;
};

/// Throws jest::Error naming file, line and column of the first defect. O(file).
JEST_EXPORT PairTable read_pairs(const std::filesystem::path& path);

}  // namespace jest::apps::train
