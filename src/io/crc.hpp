#pragma once
// CRC-32 (zlib's) of pieces one after the other.

#include <zlib.h>

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

namespace jest {

class Crc {
 public:
  void add(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;  // zlib begins anew where it is given no address
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  }
  /// The text and a NUL byte, so that no two lists of texts make the same bytes.
  void add_text(const std::string& text) {
    add(std::as_bytes(std::span(text.c_str(), text.size() + 1)));
  }
  /// Eight hexadecimal digits.
  std::string digits() const {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08lx", static_cast<unsigned long>(crc_));
    return digits;
  }

 private:
  uLong crc_ = crc32(0, nullptr, 0);
};

}  // namespace jest
