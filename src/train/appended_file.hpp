#pragma once
// A file that grows at its end: collected in memory, written at intervals, and on flush() on disk.

#include <filesystem>
#include <string>
#include <string_view>

namespace jest::detail {

/// Throws jest::Error, naming the file, where it cannot be opened or written.
class AppendedFile {
 public:
  explicit AppendedFile(std::filesystem::path path);
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;
  ~AppendedFile();

  void append(std::string_view bytes);
  void flush();

  /// Whether it keeps what was written; a pipe does not.
  bool keeps_content() const { return std::filesystem::is_regular_file(path_); }
  std::string content() const;
  /// Takes the place of all content, whole or not at all.
  void replace(std::string_view content);

  std::string name() const { return path_.string(); }

 private:
  void open(int more_flags);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::string pending_;
};

}  // namespace jest::detail
