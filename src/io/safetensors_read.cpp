// Maps a safetensors file and checks its header; arrays are views into the mapping.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "dtypes.hpp"
#include "foreign_format.hpp"
#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"

namespace jest {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargestHeader = 100'000'000;

[[noreturn]] void damaged(const std::filesystem::path& path, const std::string& expected,
                          const std::string& came) {
  refuse("read " + path.string(), expected, came);
}

struct Mapping {
  std::shared_ptr<const std::byte> data;
  std::uint64_t size = 0;
};

Mapping map_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) damaged(path, "a readable safetensors file", std::strerror(errno));
  struct stat status {};
  ::fstat(descriptor, &status);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size < 8) {
    ::close(descriptor);
    damaged(path, "a safetensors file of at least 8 bytes",
            S_ISREG(status.st_mode) ? text(size, " bytes") : "no regular file");
  }
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  ::close(descriptor);
  if (address == MAP_FAILED) damaged(path, "a file that can be mapped", std::strerror(errno));
  const auto release = [size](const std::byte* data) {
    ::munmap(const_cast<std::byte*>(data), size);
  };
  return {{static_cast<const std::byte*>(address), release}, size};
}

/// For a message: one line, and no descent into what a file nests without end.
std::string shown(const Json& value) {
  return value.is_structured() ? value.type_name() : value.dump().substr(0, 60);
}

/// A JSON number that counts something. nlohmann would convert 6.5, true and -1 without a word.
std::uint64_t count_of(const Json& number, const char* key) {
  if (!number.is_number_unsigned() || number.get<std::uint64_t>() > INT64_MAX) {
    throw Error(text(key, " with ", shown(number), ", which counts nothing"));
  }
  return number.get<std::uint64_t>();
}

const Json& list_of(const Json& entry, const char* key) {
  const Json& list = entry.at(key);
  if (!list.is_array()) throw Error(text("no list under ", key, ": ", shown(list)));
  return list;
}

/// The bytes that `entry` describes, checked against the data section.
ArrayView read_entry(const std::string& name, const Json& entry, std::span<const std::byte> data) {
  ArrayView array;
  array.dtype = entry.at("dtype").get<std::string>();
  std::uint64_t bytes = dtype_bytes(array.dtype);
  for (const Json& extent : list_of(entry, "shape")) {
    const std::uint64_t size = count_of(extent, "a shape");
    if (size > 0 && bytes > UINT64_MAX / 8 / size) throw Error("a shape that overflows: " + name);
    bytes *= size;
    array.shape.push_back(static_cast<std::int64_t>(size));
  }
  const Json& offsets = list_of(entry, "data_offsets");
  const std::uint64_t begin = count_of(offsets.at(0), "data_offsets");
  const std::uint64_t end = count_of(offsets.at(1), "data_offsets");
  if (offsets.size() != 2 || begin > end || end > data.size()) {
    throw Error(text("data_offsets [", begin, ", ", end, "] of ", name, " in ", data.size(),
                     " bytes of data"));
  }
  if (end - begin != bytes) {
    throw Error(text(end - begin, " bytes for ", name, ", whose shape needs ", bytes));
  }
  array.bytes = data.subspan(begin, bytes);
  return array;
}

void check_no_overlap(const std::map<std::string, ArrayView>& arrays) {
  std::vector<std::pair<const std::byte*, const std::byte*>> extents;
  for (const auto& [name, array] : arrays) {
    if (!array.bytes.empty()) {
      extents.emplace_back(array.bytes.data(), array.bytes.data() + array.bytes.size());
    }
  }
  std::sort(extents.begin(), extents.end());
  for (std::size_t k = 1; k < extents.size(); ++k) {
    if (extents[k].first < extents[k - 1].second) throw Error("arrays that overlap");
  }
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path) {
  const Mapping mapping = map_file(path);
  mapping_ = mapping.data;
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, mapping_.get(), 8);
  if (header_bytes > std::min(mapping.size - 8, kLargestHeader)) {
    const std::string_view all(reinterpret_cast<const char*>(mapping_.get()), mapping.size);
    const std::string format = foreign_format(all.substr(0, 512));
    if (!format.empty()) damaged(path, "a safetensors file", format);
    damaged(path, text("a header within the file's ", mapping.size, " bytes"),
            text("a header length of ", header_bytes, ": truncated, or not safetensors"));
  }
  const char* header = reinterpret_cast<const char*>(mapping_.get()) + 8;
  const std::span<const std::byte> data{mapping_.get() + 8 + header_bytes,
                                        mapping.size - 8 - header_bytes};
  try {
    const Json json = Json::parse(header, header + header_bytes);
    if (!json.is_object()) throw Error("a header that is no JSON object");
    for (const auto& [name, entry] : json.items()) {
      if (name == "__metadata__") {
        metadata_ = entry.get<Metadata>();
      } else {
        arrays_[name] = read_entry(name, entry, data);
      }
    }
    check_no_overlap(arrays_);
  } catch (const Json::exception& error) {
    damaged(path, "a valid safetensors header", error.what());
  } catch (const Error& error) {
    damaged(path, "a consistent safetensors header", error.what());
  }
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
  if (array.elements() == 1 && array.dtype == "F32") {
    float value = 0;
    std::memcpy(&value, array.bytes.data(), sizeof value);
    return value;
  }
  if (array.elements() == 1 && array.dtype == "F64") {
    double value = 0;
    std::memcpy(&value, array.bytes.data(), sizeof value);
    return value;
  }
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
