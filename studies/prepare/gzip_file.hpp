#pragma once
// Files of packages, of which many are gzipped; dictzip's are.

#include <filesystem>
#include <string>

namespace jest::studies {

/// The whole content, decompressed where it is gzipped. Throws where it cannot be read, is damaged
/// or was cut short.
std::string read_decompressed(const std::filesystem::path& path);

}  // namespace jest::studies
