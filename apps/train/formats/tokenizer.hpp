#pragma once
// What tokens stand for: the pieces of a tokenizer.json.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "jest/core/error.hpp"

namespace jest::apps::train {

class JEST_EXPORT Tokenizer {
 public:
  /// Reads a Hugging Face tokenizer.json: byte-level BPE, or pieces with ▁ for a space and <0x0A>
  /// for a byte. Throws jest::Error naming the file and its defect.
  explicit Tokenizer(const std::filesystem::path& path);

  std::int64_t vocabulary() const { return std::ssize(pieces_); }
  /// Bytes of text that a token stands for; none for marks like the end of a document.
  const std::string& piece(std::int64_t token) const;
  std::string text_of(std::span<const std::int64_t> tokens) const;
  /// Bytes of all but the first token: what a row predicts.
  std::int64_t predicted_bytes(std::span<const std::int64_t> tokens) const;

 private:
  std::vector<std::string> pieces_;
};

}  // namespace jest::apps::train
