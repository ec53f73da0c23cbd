// Source: PKWARE, .ZIP File Format Specification (APPNOTE.TXT) 6.3.10, sections 4.3 to 4.5.

#include "zip_archive.hpp"

#include <zlib.h>

#include <cstdint>

namespace jest {
namespace {

constexpr std::string_view kEndOfDirectory = "PK\x05\x06";
constexpr std::string_view kEndOfDirectory64 = "PK\x06\x06";
constexpr std::string_view kDirectoryEntry = "PK\x01\x02";
constexpr std::string_view kLocalHeader = "PK\x03\x04";
constexpr std::size_t kEndBytes = 22, kEnd64Bytes = 56, kLocator64Bytes = 20;
constexpr std::size_t kEntryBytes = 46, kLocalBytes = 30;
constexpr std::uint64_t kInExtraField = 0xFFFFFFFF;  // instead of a size beyond 4 GiB
constexpr std::size_t kShown = 160;                  // of a name, which may have 64 KiB

/// Bytes of an archive with every access checked.
class ZipBytes {
 public:
  ZipBytes(std::string_view bytes, const std::string& operation)
      : bytes_(bytes), operation_(operation) {}

  std::string_view part(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) fail("bytes that end too soon");
    return bytes_.substr(offset, size);
  }
  std::uint64_t number(std::uint64_t offset, int width) const {
    std::uint64_t value = 0;
    for (const char byte : part(offset, static_cast<std::uint64_t>(width))) {
      value = value >> 8 | static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << 56;
    }
    return value >> (64 - 8 * width);
  }
  bool has(std::uint64_t offset, std::string_view signature) const {
    return part(offset, signature.size()) == signature;
  }
  [[noreturn]] void fail(const std::string& came) const {
    refuse(operation_, "an undamaged package (.pt2, a ZIP archive)", came);
  }

 private:
  std::string_view bytes_;
  const std::string& operation_;
};

struct Directory {
  std::uint64_t entries = 0, offset = 0;
};

Directory find_directory(const ZipBytes& bytes, std::string_view archive) {
  const std::size_t end = archive.rfind(kEndOfDirectory);
  if (!archive.starts_with(kLocalHeader)) bytes.fail("another file");
  if (end == archive.npos) bytes.fail("a file that ends too soon");
  bytes.part(end, kEndBytes);
  const std::uint64_t before = kEnd64Bytes + kLocator64Bytes;
  if (end >= before && bytes.has(end - before, kEndOfDirectory64)) {
    return {bytes.number(end - before + 32, 8), bytes.number(end - before + 48, 8)};
  }
  return {bytes.number(end + 10, 2), bytes.number(end + 16, 4)};
}

/// Sizes and offset of an entry at `at`; `extra` holds those that take 8 bytes.
class EntryNumbers {
 public:
  EntryNumbers(const ZipBytes& bytes, std::uint64_t at, std::uint64_t extra, std::uint64_t end)
      : bytes_(bytes), extra_(extra) {
    while (extra_ + 4 <= end && bytes.number(extra_, 2) != 1) {
      extra_ += 4 + bytes.number(extra_ + 2, 2);
    }
    extra_ += 4;
    size = take(at + 24);
    packed = take(at + 20);
    offset = take(at + 42);
  }
  std::uint64_t size = 0, packed = 0, offset = 0;

 private:
  std::uint64_t take(std::uint64_t at) {
    const std::uint64_t value = bytes_.number(at, 4);
    if (value != kInExtraField) return value;
    extra_ += 8;
    return bytes_.number(extra_ - 8, 8);
  }

  const ZipBytes& bytes_;
  std::uint64_t extra_;
};

std::uint64_t crc_of(std::string_view content) {
  return crc32_z(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(content.data()),
                 content.size());
}

}  // namespace

std::vector<ZipEntry> zip_entries(std::string_view archive, const std::string& operation) {
  const ZipBytes bytes(archive, operation);
  const Directory directory = find_directory(bytes, archive);
  std::vector<ZipEntry> entries;
  std::uint64_t at = directory.offset;
  for (std::uint64_t k = 0; k < directory.entries; ++k) {
    if (!bytes.has(at, kDirectoryEntry)) bytes.fail("a damaged directory");
    const std::uint64_t name_bytes = bytes.number(at + 28, 2);
    const std::uint64_t extra = at + kEntryBytes + name_bytes;
    const std::uint64_t extra_end = extra + bytes.number(at + 30, 2);
    ZipEntry entry{std::string(bytes.part(at + kEntryBytes, name_bytes)), {}};
    const std::string shown = entry.name.substr(0, kShown);
    const EntryNumbers numbers(bytes, at, extra, extra_end);
    if (bytes.number(at + 10, 2) != 0 || numbers.size != numbers.packed) {
      bytes.fail("compressed " + shown);
    }
    if (!bytes.has(numbers.offset, kLocalHeader)) bytes.fail("no " + shown);
    const std::uint64_t names = bytes.number(numbers.offset + 26, 2);
    const std::uint64_t extras = bytes.number(numbers.offset + 28, 2);
    entry.content = bytes.part(numbers.offset + kLocalBytes + names + extras, numbers.size);
    if (crc_of(entry.content) != bytes.number(at + 16, 4)) {
      bytes.fail("other bytes in " + shown + " than its CRC-32 says");
    }
    entries.push_back(std::move(entry));
    at = extra_end + bytes.number(at + 32, 2);
  }
  return entries;
}

}  // namespace jest
