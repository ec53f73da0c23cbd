#pragma once
// Archives as PyTorch writes them: ZIP, entries stored without compression, also beyond 4 GiB.

#include <string>
#include <string_view>
#include <vector>

#include "jest/core/error.hpp"

namespace jest {

struct ZipEntry {
  std::string name;
  std::string_view content;  ///< of the archive's bytes
};

/// The entries of an archive, every byte of which is what its CRC-32 says. Throws, naming
/// `operation`, where `archive` is damaged, compressed or no archive.
JEST_EXPORT std::vector<ZipEntry> zip_entries(std::string_view archive,
                                              const std::string& operation);

}  // namespace jest
