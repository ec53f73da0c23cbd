#include "prepare/fashion/idx_file.hpp"

#include "jest/core/error.hpp"
#include "prepare/gzip_file.hpp"

namespace jest::studies {
namespace {

constexpr std::size_t kMostDimensions = 3;
constexpr std::int64_t kLargestSize = std::int64_t{1} << 20;  // three of them fit 64 bits

}  // namespace

IdxArray read_idx(const std::string& content, const std::string& name) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(content[k]); };
  constexpr std::size_t kMagic = 4;
  const auto refuse_file = [&](const std::string& found) {
    refuse("read " + name, "an IDX array of unsigned bytes", found);
  };
  if (content.size() < kMagic) refuse_file(text(content.size(), " bytes"));
  const std::size_t dimensions = byte(3);
  if (byte(0) != 0 || byte(1) != 0 || byte(2) != 8 || dimensions < 1 ||
      dimensions > kMostDimensions || content.size() < kMagic + 4 * dimensions) {
    refuse_file("another beginning");
  }
  IdxArray array;
  std::int64_t bytes = 1;
  for (std::size_t k = 0; k < dimensions; ++k) {
    std::int64_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = 256 * size + byte(kMagic + 4 * k + i);
    if (size > kLargestSize) refuse_file(text("a size of ", size));
    array.shape.push_back(size);
    bytes *= size;
  }
  array.bytes = content.substr(kMagic + 4 * dimensions);
  if (static_cast<std::int64_t>(array.bytes.size()) != bytes || bytes == 0) {
    refuse_file(text(array.bytes.size(), " bytes where ", bytes, " were announced"));
  }
  return array;
}

IdxArray read_gzipped_idx(const std::filesystem::path& path) {
  return read_idx(read_decompressed(path), path.filename().string());
}

}  // namespace jest::studies
