#pragma once
// The bytes of a file: all of them, or an error that names the file and the system's reason.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace jest {

/// What tells one content of a file from another, short of reading it.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t seconds = 0, nanoseconds = 0;  ///< of the last modification

  bool operator==(const FileStamp&) const = default;
};

struct FileBytes {
  std::shared_ptr<const std::byte> data;
  std::size_t size = 0;
};

/// A file that is open for reading. Throws jest::Error when it cannot be opened or is a folder;
/// `expected` says what it should have been.
class ReadFile {
 public:
  ReadFile(const std::filesystem::path& path, const std::string& expected);
  ReadFile(const ReadFile&) = delete;
  ReadFile& operator=(const ReadFile&) = delete;
  ~ReadFile();

  bool is_regular() const { return regular_; }
  std::uint64_t size() const { return stamp_.size; }
  const FileStamp& opened_as() const { return stamp_; }

  /// The whole content, of a pipe, too. Throws where a file is shorter than its size, where it
  /// changes meanwhile, and where memory is short.
  FileBytes bytes() const;
  std::string text() const;
  /// Up to `most` bytes of the beginning of a regular file.
  std::string beginning(std::size_t most) const;
  /// Fills `into` with what a regular file has from `offset` on. Throws where it ends before.
  void read_at(std::uint64_t offset, std::span<std::byte> into) const;
  /// The content mapped into memory; it must stay as it is.
  FileBytes mapped() const;

  /// Throws when the file has another content than when it was opened.
  void expect_unchanged() const;

 private:
  [[gnu::visibility("hidden")]] FileStamp stamp() const;
  [[gnu::visibility("hidden")]] std::size_t read_some(void* into, std::size_t most) const;
  [[noreturn, gnu::visibility("hidden")]] void fail(const std::string& came) const;
  template <class Work>
  decltype(auto) with_memory(std::uint64_t bytes, const Work& work) const;

  std::filesystem::path path_;
  std::string expected_;
  int descriptor_ = -1;
  bool regular_ = false;
  FileStamp stamp_;
};

/// The content of a file: read, or mapped where it is larger than largest_file_in_memory(). What is
/// mapped must stay as it is, and expect_unchanged() throws where it did not.
struct FileContent {
  FileBytes bytes;
  std::shared_ptr<const ReadFile> mapped;  ///< where it is

  /// `copied_soon`: mapped whatever its size, as what is in it is to be copied at once.
  FileContent(const std::filesystem::path& path, const std::string& expected,
              bool copied_soon = false);
  std::span<const std::byte> all() const { return {bytes.data.get(), bytes.size}; }
  void expect_unchanged() const {
    if (mapped) mapped->expect_unchanged();
  }
};

/// Up to how many bytes a file is read into memory, where nothing that befalls it later matters: a
/// quarter of the machine's memory. Larger ones are mapped. JEST_MAP_ABOVE, in bytes, sets another.
std::uint64_t largest_file_in_memory();

}  // namespace jest
