// Temporary names, flushes and renames of the file system.

#include "jest/io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "file_bytes.hpp"
#include "jest/core/error.hpp"

namespace jest {
namespace {

// Some systems cannot write more than 2 GiB in one call.
constexpr std::size_t kLargestWrite = std::size_t{1} << 30;

/// Some systems cannot flush a folder, and some folders may be written to and not read; false where
/// one could not be flushed that can.
bool flush_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return errno == EACCES || errno == EPERM;
  const bool flushed = ::fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP;
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  return flushed;
}

/// What a link points to, so that renaming replaces that and not the link.
std::filesystem::path final_path(std::filesystem::path path) {
  std::error_code unresolved;
  if (std::filesystem::is_symlink(path)) path = std::filesystem::weakly_canonical(path, unresolved);
  const auto status = std::filesystem::status(path, unresolved);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    refuse("write " + path.string(), "a regular file, or none yet", "something else of that name");
  }
  return path;
}

constexpr mode_t kPermissions = 0777;

/// A new file at `path`, of the permissions that the umask leaves; where it will replace a file, of
/// that file's, from the start, so that what is private is never open to others.
int open_new(const std::filesystem::path& path, const std::filesystem::path& replaced) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  struct stat before {};
  if (::stat(replaced.c_str(), &before) != 0) return ::open(path.c_str(), kFlags, 0666);
  const mode_t mode = before.st_mode & kPermissions;
  const int descriptor = ::open(path.c_str(), kFlags, mode | S_IWUSR);
  if (descriptor >= 0) static_cast<void>(::fchmod(descriptor, mode));  // some systems have no modes
  return descriptor;
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(final_path(std::move(path))) {
  static std::atomic<int> count{0};
  temporary_ = path_;
  temporary_ += text(".tmp-", ::getpid(), "-", count++);
  descriptor_ = open_new(temporary_, path_);
  if (descriptor_ < 0) fail("open");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, next, std::min(bytes, kLargestWrite));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    next += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("flush");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename");
  ::close(descriptor_);
  descriptor_ = -1;
  if (!flush_directory(path_.parent_path())) fail("flush the folder of");
}

void AtomicFile::fail(const char* what) const {
  throw Error(
      text(what, " ", path_.string(), ": expected a writable file, got ", std::strerror(errno)));
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

std::string read_file(const std::filesystem::path& path) {
  return ReadFile(path, "a readable file").text();
}

}  // namespace jest
