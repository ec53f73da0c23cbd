#include "tar_members.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>

#include "io/foreign_format.hpp"
#include "jest/core/error.hpp"

namespace jest {
namespace {

using Archive = std::unique_ptr<archive, decltype(&archive_read_free)>;

constexpr std::int64_t kBlock = 512;

Archive open(std::span<const std::byte> content, const std::string& operation) {
  Archive opened(archive_read_new(), &archive_read_free);
  archive_read_support_format_tar(opened.get());
  // In memory, libarchive hands out addresses in `content` itself: that is how offsets are known.
  if (archive_read_open_memory(opened.get(), content.data(), content.size()) != ARCHIVE_OK) {
    const std::string_view bytes(reinterpret_cast<const char*>(content.data()), content.size());
    const std::string format = foreign_format(bytes.substr(0, 512));
    refuse(operation, "a tar archive", format.empty() ? "something else" : format);
  }
  return opened;
}

[[noreturn]] void refuse_damaged(archive* opened, const std::string& operation) {
  const char* reason = archive_error_string(opened);
  refuse(operation, "a whole tar archive", reason ? reason : "a damaged one");
}

/// Where the bytes of the entry that was just read lie.
std::int64_t offset_of(archive* opened, std::span<const std::byte> content, const TarMember& member,
                       const std::string& operation) {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const int status = archive_read_data_block(opened, &data, &size, &offset);
  if (status != ARCHIVE_OK) refuse_damaged(opened, operation);
  const auto begin = reinterpret_cast<std::uintptr_t>(content.data());
  const auto at = reinterpret_cast<std::uintptr_t>(data);
  const bool inside = at >= begin && at - begin <= content.size();
  if (offset != 0 || static_cast<std::int64_t>(size) != member.size || !inside) {
    refuse(operation, "files stored in one piece",
           member.name + ", which has holes or is cut short");
  }
  return static_cast<std::int64_t>(at - begin);
}

/// libarchive takes the end of a file that was cut between two members for that of the archive.
void check_end(std::span<const std::byte> content, std::int64_t end, const std::string& operation) {
  const auto size = static_cast<std::int64_t>(content.size());
  const std::int64_t block = (end + kBlock - 1) / kBlock * kBlock;
  const bool ends = block + kBlock <= size &&
                    std::ranges::all_of(content.subspan(block, kBlock),
                                        [](std::byte byte) { return byte == std::byte{0}; });
  if (!ends) refuse(operation, "an archive that ends with zeros", "one that is cut short");
}

}  // namespace

std::vector<TarMember> tar_members(std::span<const std::byte> content,
                                   const std::string& operation) {
  if (content.empty()) refuse(operation, "a tar archive", "an empty file");
  const Archive opened = open(content, operation);
  std::vector<TarMember> members;
  archive_entry* entry = nullptr;
  int status = archive_read_next_header(opened.get(), &entry);
  for (; status != ARCHIVE_EOF; status = archive_read_next_header(opened.get(), &entry)) {
    // A warning is about letters that the C locale does not have; the name's bytes are kept.
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) refuse_damaged(opened.get(), operation);
    const char* name = archive_entry_pathname(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) || !name)
      continue;
    TarMember member{name, 0, archive_entry_size(entry)};
    if (member.size > 0) member.offset = offset_of(opened.get(), content, member, operation);
    members.push_back(std::move(member));
  }
  // What was passed over since the last file is headers alone.
  check_end(content, archive_read_header_position(opened.get()), operation);
  return members;
}

}  // namespace jest
