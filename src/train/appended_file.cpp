#include "appended_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::detail {
namespace {

constexpr std::size_t kBufferBytes = 1 << 14;

}  // namespace

AppendedFile::AppendedFile(std::filesystem::path path) : path_(std::move(path)) { open(O_CREAT); }

AppendedFile::~AppendedFile() {
  try {
    flush();
  } catch (const Error&) {
    // A destructor must not throw. Trainer flushes before every checkpoint, where errors are
    // thrown.
  }
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AppendedFile::open(int more_flags) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | more_flags, 0666);
  if (descriptor_ < 0) refuse("open " + name(), "a writable file", std::strerror(errno));
}

void AppendedFile::append(std::string_view bytes) {
  pending_ += bytes;
  if (pending_.size() > kBufferBytes) flush();
}

void AppendedFile::flush() {
  while (!pending_.empty()) {
    const ssize_t written = ::write(descriptor_, pending_.data(), pending_.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse("write " + name(), "a writable file", std::strerror(errno));
    pending_.erase(0, static_cast<std::size_t>(written));
  }
  // What is no file on a disk (a pipe, /dev/null) cannot be synchronised and need not be.
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) {
    refuse("write " + name(), "a writable file", std::strerror(errno));
  }
}

std::string AppendedFile::content() const { return read_file(path_); }

void AppendedFile::replace(std::string_view content) {
  write_file(path_, content);
  ::close(descriptor_);
  open(0);
}

}  // namespace jest::detail
