// Reads or maps a safetensors file; arrays are views into its bytes.

#include <cstring>

#include "file_bytes.hpp"
#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"
#include "safetensors_header.hpp"
#include "scalar.hpp"

namespace jest {
namespace {

[[noreturn]] void damaged(const std::filesystem::path& path, const std::string& expected,
                          const std::string& came) {
  refuse("read " + path.string(), expected, came);
}

/// What a file says of its content must be so; a file that says nothing is believed.
void check_content(const std::filesystem::path& path, const SafetensorsHeader& header) {
  const auto found = header.metadata.find(kChecksumKey);
  if (found == header.metadata.end()) return;
  std::vector<NamedArray> arrays;
  for (const auto& [name, array] : header.arrays) arrays.push_back({name, array});
  const std::string expected = with_checksum(header.metadata, arrays).at(kChecksumKey);
  if (found->second != expected) {
    damaged(path, text("the content of its checksum ", found->second.substr(0, 60)), expected);
  }
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path) {
  const FileContent content(path, "a readable safetensors file");
  content_ = content.bytes.data;
  mapped_ = content.mapped;
  SafetensorsHeader header = read_safetensors_header(content.all(), path.string());
  check_content(path, header);
  metadata_ = std::move(header.metadata);
  arrays_ = std::move(header.arrays);
}

void SafetensorsFile::expect_unchanged() const {
  if (mapped_) mapped_->expect_unchanged();
}

const ArrayView& SafetensorsFile::array(const std::string& name, const std::string& dtype,
                                        int dimensions) const {
  const auto found = arrays_.find(name);
  const std::string expected = text("array ", name, " of dtype ", dtype, " with ", dimensions,
                                    dimensions == 1 ? " dimension" : " dimensions");
  if (found == arrays_.end()) damaged(path_, expected, "no such array");
  const ArrayView& array = found->second;
  if (array.dtype != dtype || static_cast<int>(array.shape.size()) != dimensions) {
    damaged(path_, expected, describe(array));
  }
  return array;
}

double SafetensorsFile::scalar(const std::string& name) const {
  const auto found = arrays_.find(name);
  if (found == arrays_.end()) damaged(path_, "a 0-d F32 or F64 array " + name, "no such array");
  const ArrayView& array = found->second;
  if (const std::optional<double> value = scalar_of(array)) return *value;
  damaged(path_, "a 0-d F32 or F64 array " + name, describe(array));
}

template <class Element>
std::span<const Element> SafetensorsFile::elements(const ArrayView& array) {
  const std::byte* data = array.bytes.data();
  if (reinterpret_cast<std::uintptr_t>(data) % alignof(Element) != 0) {
    copies_.push_back(std::make_shared<std::byte[]>(array.bytes.size()));
    std::memcpy(copies_.back().get(), data, array.bytes.size());
    data = copies_.back().get();
  }
  return {reinterpret_cast<const Element*>(data), array.bytes.size() / sizeof(Element)};
}

std::span<const float> SafetensorsFile::floats(const std::string& name, int dimensions) {
  return elements<float>(array(name, "F32", dimensions));
}

std::span<const std::int64_t> SafetensorsFile::integers(const std::string& name, int dimensions) {
  return elements<std::int64_t>(array(name, "I64", dimensions));
}

}  // namespace jest
