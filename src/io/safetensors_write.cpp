// Writes a safetensors file: the header, padded to 8 bytes, and the arrays behind it.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crc.hpp"
#include "dtypes.hpp"
#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"

namespace jest {
namespace {

constexpr std::size_t kAlignment = 8;

std::string header_for(const std::vector<NamedArray>& arrays, const Metadata& metadata) {
  nlohmann::ordered_json header;
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const auto& [name, array] : arrays) {
    const std::uint64_t bytes = array.bytes.size();
    if (name == "__metadata__" || header.contains(name)) {
      refuse("write safetensors", "distinct names, none of them __metadata__", name);
    }
    if (bytes != dtype_bytes(array.dtype, static_cast<std::uint64_t>(array.elements()))) {
      refuse("write safetensors", "as many bytes as " + name + " has elements", bytes, " for ",
             describe(array));
    }
    header[name] = {
        {"dtype", array.dtype}, {"shape", array.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string json;
  try {
    json = header.dump();
  } catch (const nlohmann::json::exception&) {
    throw Error("write safetensors: expected names and metadata in UTF-8, got other bytes");
  }
  json.append((kAlignment - json.size() % kAlignment) % kAlignment, ' ');
  return json;
}

}  // namespace

std::int64_t ArrayView::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) product *= extent;
  return product;
}

std::string describe(const ArrayView& array) {
  std::string shape;
  for (const std::int64_t extent : array.shape) shape += (shape.empty() ? "" : ", ") + text(extent);
  return array.dtype + " [" + shape + "]";
}

void write_safetensors(const std::filesystem::path& path, const std::vector<NamedArray>& arrays,
                       const Metadata& metadata) {
  const std::string header = header_for(arrays, metadata);
  const auto header_bytes = static_cast<std::uint64_t>(header.size());
  AtomicFile file(path);
  file.write(&header_bytes, sizeof header_bytes);
  file.write(header);
  for (const auto& [name, array] : arrays) file.write(array.bytes.data(), array.bytes.size());
  file.commit();
}

std::string checksum(std::span<const ArrayView> arrays) {
  Crc crc;
  for (const ArrayView& array : arrays) crc.add(array.bytes);
  return crc.digits();
}

Metadata with_checksum(Metadata metadata, std::vector<NamedArray> arrays) {
  metadata.erase(kChecksumKey);
  std::ranges::sort(arrays, {}, &NamedArray::name);
  Crc crc;
  for (const auto& [key, value] : metadata) {
    crc.add_text(key);
    crc.add_text(value);
  }
  for (const auto& [name, array] : arrays) {
    crc.add_text(name);
    crc.add_text(describe(array));
    crc.add(array.bytes);
  }
  metadata[kChecksumKey] = crc.digits();
  return metadata;
}

}  // namespace jest
