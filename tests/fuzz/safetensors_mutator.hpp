#pragma once
// Changes the header and the data of a safetensors file each by itself and mends the length between
// them; otherwise nearly every input would fail at its first eight bytes. One in eight is left
// wrong.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace jest::fuzz {

inline std::string mutated(std::string bytes, std::size_t most) {
  const std::size_t size = bytes.size();
  bytes.resize(std::max(size, most));
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
  return bytes;
}

}  // namespace jest::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  constexpr std::size_t kLength = sizeof(std::uint64_t);
  std::uint64_t length = 0;
  if (size > kLength) std::memcpy(&length, data, kLength);
  if (size <= kLength || most <= kLength || length > size - kLength || seed % 8 == 0) {
    return LLVMFuzzerMutate(data, size, most);
  }
  const char* begin = reinterpret_cast<const char*>(data) + kLength;
  std::string header(begin, length);
  std::string values(begin + length, size - kLength - length);
  if (seed % 4 != 1) {
    header = jest::fuzz::mutated(header, most - kLength - std::min(values.size(), most - kLength));
  } else {
    values = jest::fuzz::mutated(values, most - kLength - std::min(header.size(), most - kLength));
  }
  header.resize(std::min(header.size(), most - kLength));
  values.resize(std::min(values.size(), most - kLength - header.size()));
  length = header.size();
  std::memcpy(data, &length, kLength);
  std::memcpy(data + kLength, header.data(), header.size());
  if (!values.empty()) std::memcpy(data + kLength + header.size(), values.data(), values.size());
  return kLength + header.size() + values.size();
}
