// Opening, reading and mapping; every failure is told with the system's reason.

#include "file_bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

#include "jest/core/error.hpp"

namespace jest {
namespace {

constexpr std::size_t kLargestRead = std::size_t{1} << 30;  // some systems refuse 2 GiB

}  // namespace

ReadFile::ReadFile(const std::filesystem::path& path, const std::string& expected)
    : path_(path), expected_(expected) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail(std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || S_ISDIR(status.st_mode)) {
    const std::string reason = S_ISDIR(status.st_mode) ? "a folder" : std::strerror(errno);
    ::close(descriptor_);
    fail(reason);
  }
  regular_ = S_ISREG(status.st_mode);
  stamp_ = stamp();
}

ReadFile::~ReadFile() { ::close(descriptor_); }

void ReadFile::fail(const std::string& came) const {
  refuse("read " + path_.string(), expected_, came);
}

FileStamp ReadFile::stamp() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail(std::strerror(errno));
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
          static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec};
}

std::size_t ReadFile::read_some(void* into, std::size_t most) const {
  while (true) {
    const ssize_t got = ::read(descriptor_, into, std::min(most, kLargestRead));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) fail(std::strerror(errno));
  }
}

template <class Work>
decltype(auto) ReadFile::with_memory(std::uint64_t bytes, const Work& work) const {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    fail(jest::text("not enough memory for its ", bytes, " bytes"));
  } catch (const std::length_error&) {
    fail(jest::text("not enough memory for its ", bytes, " bytes"));
  }
}

FileBytes ReadFile::bytes() const {
  if (!regular_) {
    const auto content = std::make_shared<const std::string>(text());
    const auto* data = reinterpret_cast<const std::byte*>(content->data());
    return {{content, data}, content->size()};
  }
  const auto size = static_cast<std::size_t>(stamp_.size);
  using Word = std::uint64_t;  // so that numbers lie as in the file: at multiples of eight
  const auto memory = with_memory(
      size, [&] { return std::make_shared_for_overwrite<Word[]>(size / sizeof(Word) + 1); });
  auto* data = reinterpret_cast<std::byte*>(memory.get());
  std::size_t filled = 0;
  while (filled < size) {
    const std::size_t got = read_some(data + filled, size - filled);
    if (got == 0) fail(jest::text("the first ", filled, " of its ", size, " bytes"));
    filled += got;
  }
  expect_unchanged();
  return {{memory, data}, size};
}

std::string ReadFile::text() const {
  std::string content;
  // A file of the system, /proc/self/status say, has a size of 0 and a content.
  std::uint64_t room = regular_ ? stamp_.size : 0;
  while (true) {
    const std::size_t filled = content.size();
    room = std::max<std::uint64_t>(room, filled + std::max<std::size_t>(filled / 2, 1 << 16));
    with_memory(room, [&] { content.resize(room); });
    const std::size_t got = read_some(content.data() + filled, content.size() - filled);
    content.resize(filled + got);
    if (got == 0) break;
  }
  if (regular_ && stamp_.size > 0 && content.size() != stamp_.size) {
    fail(jest::text(content.size(), " bytes where its size is ", stamp_.size));
  }
  if (regular_) expect_unchanged();
  return content;
}

std::string ReadFile::beginning(std::size_t most) const {
  std::string content(most, '\0');
  const ssize_t got = ::pread(descriptor_, content.data(), most, 0);
  if (got < 0) fail(std::strerror(errno));
  content.resize(static_cast<std::size_t>(got));
  return content;
}

void ReadFile::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const std::size_t most = std::min(into.size(), kLargestRead);
    const ssize_t got = ::pread(descriptor_, into.data(), most, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(std::strerror(errno));
    if (got == 0) fail(jest::text("one that ends at byte ", offset));
    offset += static_cast<std::uint64_t>(got);
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

FileBytes ReadFile::mapped() const {
  const auto size = static_cast<std::size_t>(stamp_.size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor_, 0);
  if (address == MAP_FAILED) fail(std::strerror(errno));
  const auto release = [size](const std::byte* data) {
    ::munmap(const_cast<std::byte*>(data), size);
  };
  return {{static_cast<const std::byte*>(address), release}, size};
}

void ReadFile::expect_unchanged() const {
  if (stamp() == stamp_) return;
  refuse("read " + path_.string(), "a file that stays as it is while it is read",
         "one that was written to");
}

FileContent::FileContent(const std::filesystem::path& path, const std::string& expected,
                         bool copied_soon) {
  auto file = std::make_shared<const ReadFile>(path, expected);
  const bool is_large = copied_soon ? file->size() > 0 : file->size() > largest_file_in_memory();
  const bool is_mapped = file->is_regular() && is_large;
  bytes = is_mapped ? file->mapped() : file->bytes();
  if (is_mapped) mapped = std::move(file);
}

std::uint64_t largest_file_in_memory() {
  if (const char* given = std::getenv("JEST_MAP_ABOVE")) return std::strtoull(given, nullptr, 10);
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page <= 0) return std::uint64_t{1} << 30;
  return static_cast<std::uint64_t>(pages) / 4 * static_cast<std::uint64_t>(page);
}

}  // namespace jest
