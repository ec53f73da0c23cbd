#pragma once
// Files that appear whole or not at all: written under a temporary name, flushed to disk, renamed.

#include <cstddef>
#include <filesystem>
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
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

void write_file(const std::filesystem::path& path, std::string_view content);
std::string read_file(const std::filesystem::path& path);

/// The text of a JSON object with a last field "crc32": the CRC-32 of what stands before that
/// field. A text that is no object stays as it is.
std::string with_checksum(std::string_view json);

/// Throws, naming `operation`, where a text ends with such a field and is not what that says.
void check_checksum(std::string_view json, const std::string& operation);

}  // namespace jest
