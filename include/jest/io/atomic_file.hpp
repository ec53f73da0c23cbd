#pragma once
// Files that appear whole or not at all: written under a temporary name, flushed to disk, renamed;
// and files that are read whole, or not at all.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace jest {

/// Writes beside `path` and renames on commit(). Destroyed without commit, it leaves what was at
/// `path` untouched. Throws jest::Error with the system's reason, for instance a full disk.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  [[noreturn, gnu::visibility("hidden")]] void fail(const char* what) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

void write_file(const std::filesystem::path& path, std::string_view content);
std::string read_file(const std::filesystem::path& path);

/// The bytes of a file: read, or mapped where it is large, as SafetensorsFile does. Copies share
/// them. Throws jest::Error that names the file, says what was `expected` and the system's reason.
class FileView {
 public:
  FileView(const std::filesystem::path& path, const std::string& expected);

  std::span<const std::byte> bytes() const;
  /// What the first bytes say that it is ("gzip (unpack it: gunzip)"), or nothing.
  std::string other_format() const;
  /// Throws when the file is mapped and was written to since.
  void expect_unchanged() const;

 private:
  std::shared_ptr<const struct FileContent> content_;
};

/// The text of a JSON object with a last field "crc32": the CRC-32 of what stands before that
/// field. A text that is no object stays as it is.
std::string with_checksum(std::string_view json);

/// Throws, naming `operation`, where a text ends with such a field and is not what that says.
void check_checksum(std::string_view json, const std::string& operation);

}  // namespace jest
