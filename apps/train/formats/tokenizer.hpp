#pragma once
// What tokens stand for: the pieces of a tokenizer.json, or of a sentencepiece model, which can
// also make tokens of texts.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jest/data/token_table.hpp"

namespace jest::apps::train {

class JEST_EXPORT Tokenizer {
 public:
  /// Reads a Hugging Face tokenizer.json (byte-level BPE, or pieces with ▁ for a space and <0x0A>
  /// for a byte) or a sentencepiece model. Throws jest::Error naming the file and its defect.
  explicit Tokenizer(const std::filesystem::path& path);

  std::int64_t vocabulary() const { return std::ssize(pieces_); }
  /// Bytes of text that a token stands for; none for marks like the end of a document.
  const std::string& piece(std::int64_t token) const;
  std::string text_of(std::span<const std::int64_t> tokens) const;
  /// Bytes of all but the first token: what a row predicts.
  std::int64_t predicted_bytes(std::span<const std::int64_t> tokens) const;

  /// A JSONL file, one object a line whose "text" is a document, as tokens with the model's end
  /// behind each document. Throws unless this is a sentencepiece model; names line and defect.
  TokenFile tokenise(const std::filesystem::path& jsonl) const;
  /// The token behind every document that tokenise() made; -1 where there is none.
  std::int64_t document_end() const { return document_end_; }

 private:
  void read_json(const std::string& content, const std::string& operation);
  void read_sentencepiece(const std::string& content, const std::string& operation);

  std::string name_;
  std::vector<std::string> pieces_;
  std::int64_t document_end_ = -1;
  std::shared_ptr<const class SentencePieceModel> model_;
};

}  // namespace jest::apps::train
