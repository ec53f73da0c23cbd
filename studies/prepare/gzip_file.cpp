#include "prepare/gzip_file.hpp"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "jest/core/error.hpp"

namespace jest::studies {

std::string read_decompressed(const std::filesystem::path& path) {
  errno = 0;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) {
    refuse("read " + path.string(), "a file that can be opened",
           errno == 0 ? "no memory for it" : std::strerror(errno));
  }
  std::string content;
  std::array<char, 1 << 16> block;
  int count = 0;
  while ((count = gzread(file.get(), block.data(), block.size())) > 0) {
    content.append(block.data(), static_cast<std::size_t>(count));
  }
  // Of a stream that was cut short, closing it tells.
  if (gzclose(file.release()) != Z_OK || count < 0) {
    refuse("read " + path.string(), "a whole gzip file", "a damaged one");
  }
  return content;
}

}  // namespace jest::studies
