// Bytes of files for readers of formats of their own.

#include <algorithm>

#include "file_bytes.hpp"
#include "foreign_format.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {

FileView::FileView(const std::filesystem::path& path, const std::string& expected)
    : content_(std::make_shared<FileContent>(path, expected)) {}

std::span<const std::byte> FileView::bytes() const { return content_->all(); }

std::string FileView::other_format() const {
  constexpr std::size_t kBeginning = 512;
  const auto begin = bytes().first(std::min(bytes().size(), kBeginning));
  return foreign_format({reinterpret_cast<const char*>(begin.data()), begin.size()});
}

void FileView::expect_unchanged() const { content_->expect_unchanged(); }

}  // namespace jest
