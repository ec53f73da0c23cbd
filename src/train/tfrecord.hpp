#pragma once
// Records as TensorFlow's TFRecord frames them:
//
//   uint64 length, uint32 masked CRC-32C of the length's bytes,
//   the bytes,     uint32 masked CRC-32C of them; numbers are little-endian.
//
// Source: tensorflow/core/lib/io/record_writer.h and tensorflow/core/lib/hash/crc32c.h.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace jest::detail {

static_assert(std::endian::native == std::endian::little,
              "bytes of numbers are written as they are");

/// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78). O(bytes).
inline std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t k = 0; k < table.size(); ++k) {
      table[k] = k;
      for (int bit = 0; bit < 8; ++bit) {
        table[k] = (table[k] >> 1) ^ ((table[k] & 1) != 0 ? 0x82f63b78U : 0);
      }
    }
    return table;
  }();
  std::uint32_t crc = ~0U;
  for (const char c : bytes) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 255];
  return ~crc;
}

/// So that a checksum of bytes that hold checksums is a good one.
inline std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8U;
}

template <class Number>
std::string bytes_of(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  Number number;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

inline std::string tfrecord(std::string_view data) {
  const std::string length = bytes_of<std::uint64_t>(data.size());
  return length + bytes_of(masked_crc32c(length)) + std::string(data) +
         bytes_of(masked_crc32c(data));
}

/// What stands at the start of `bytes`.
struct RecordAt {
  enum class State { kWhole, kCutOff, kDamaged };
  State state;
  std::string_view data = {};
  std::size_t size = 0;  ///< with its frame
};

inline RecordAt read_tfrecord(std::string_view bytes) {
  using enum RecordAt::State;
  constexpr std::size_t kHead = 12, kTail = 4;
  if (bytes.size() < kHead) return {kCutOff};
  if (number_at<std::uint32_t>(bytes, 8) != masked_crc32c(bytes.substr(0, 8))) return {kDamaged};
  const auto length = number_at<std::uint64_t>(bytes, 0);
  if (bytes.size() - kHead < kTail || length > bytes.size() - kHead - kTail) return {kCutOff};
  const std::string_view data = bytes.substr(kHead, length);
  const std::size_t size = kHead + length + kTail;
  const bool whole = number_at<std::uint32_t>(bytes, kHead + length) == masked_crc32c(data);
  return {whole ? kWhole : kDamaged, data, size};
}

}  // namespace jest::detail
