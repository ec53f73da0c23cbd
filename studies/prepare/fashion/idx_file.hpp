#pragma once
// IDX files, the format of MNIST and its kin: unsigned bytes in an array of one to three
// dimensions.
//
// Two zero bytes, 8 for unsigned bytes, the number of dimensions, each as a big-endian 32-bit
// number, the bytes. Source: LeCun, Cortes, Burges, "The MNIST database".

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace jest::studies {

struct IdxArray {
  std::vector<std::int64_t> shape;
  std::string bytes;

  std::int64_t rows() const { return shape.empty() ? 0 : shape.front(); }
  std::string_view row(std::int64_t k) const {
    const std::size_t size = bytes.size() / static_cast<std::size_t>(rows());
    return std::string_view(bytes).substr(static_cast<std::size_t>(k) * size, size);
  }
};

/// `name` is for messages. Throws jest::Error where the content is another or ends early.
IdxArray read_idx(const std::string& content, const std::string& name);

/// Of a gzipped file.
IdxArray read_gzipped_idx(const std::filesystem::path& path);

}  // namespace jest::studies
