#pragma once
// Token files as llm.c has them.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::apps::tokens {

/// Documents of one file: tokens of 16 bits, or of 32 for a larger vocabulary, each document with
/// the token that ends it.
class TokenStream {
 public:
  TokenStream(int vocabulary, int document_end)
      : wide_(vocabulary > kLargestNarrow), document_end_(document_end) {}

  void add_document(const std::vector<int>& tokens) {
    for (const int token : tokens) add(token);
    add(document_end_);
    ++documents_;
  }

  std::int64_t tokens() const { return tokens_; }
  std::int64_t documents() const { return documents_; }

  /// Throws where there are more tokens than the header can say.
  void write(const std::filesystem::path& path) const {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    if (tokens_ > kMost) {
      refuse("write " + path.string(), text("at most ", kMost, " tokens a file"), tokens_);
    }
    std::int32_t header[256] = {};
    std::copy_n(wide_ ? kWide : kNarrow, 2, header);
    header[2] = static_cast<std::int32_t>(tokens_);
    write_file(path, std::string(reinterpret_cast<const char*>(header), sizeof header) + bytes_);
  }

 private:
  static constexpr std::int32_t kNarrow[] = {20240520, 1};  // magic and version of 16 bits
  static constexpr std::int32_t kWide[] = {20240801, 7};    // and of 32
  static constexpr int kLargestNarrow = 1 << 16;

  void add(int token) {
    const auto number = static_cast<std::uint32_t>(token);
    for (int byte = 0; byte < (wide_ ? 4 : 2); ++byte) {
      bytes_ += static_cast<char>(number >> 8 * byte);
    }
    ++tokens_;
  }

  bool wide_;
  int document_end_;
  std::string bytes_;
  std::int64_t tokens_ = 0;
  std::int64_t documents_ = 0;
};

}  // namespace jest::apps::tokens
