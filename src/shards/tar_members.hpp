#pragma once
// The files in a tar archive: what they are called, and where their bytes lie.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace jest {

struct TarMember {
  std::string name;
  std::int64_t offset = 0;
  std::int64_t size = 0;
};

/// The regular files of an archive (ustar, pax, GNU, v7), by libarchive; `operation` begins its
/// errors. Folders and links are passed over. Throws on what is no tar, is compressed, is cut short
/// (an archive ends with a block of zeros), or holds a file with holes. O(members).
std::vector<TarMember> tar_members(std::span<const std::byte> content,
                                   const std::string& operation);

}  // namespace jest
