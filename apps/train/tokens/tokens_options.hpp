#pragma once
// The options of `jest-train tokens`.

#include "jest/data/token_table.hpp"
#include "jest/learner/decoder.hpp"
#include "train/sequence_options.hpp"

namespace jest::apps::train {

/// "llama", or "llama:FOLDER".
struct ModelName {
  DecoderShape shape = DecoderShape::kLlama;
  std::filesystem::path folder;  ///< empty where the model starts from scratch
};

/// Throws, naming `option`, on another shape, and where the folder is none.
ModelName parse_model_name(const std::string& option, const std::string& name);

struct TokensOptions : SequenceOptions {
  std::int64_t length = 128;
  std::int64_t document_end = -1;  ///< -1: windows
  std::string token_type = "u16";
  std::filesystem::path tokenizer;
  std::string model = "llama";
  std::int64_t vocabulary = 0;  ///< 0: as many as the tokens need
  std::int64_t hidden = 192;
  std::int64_t layers = 4;
  std::int64_t heads = 6;
  std::int64_t key_heads = 0;
  std::int64_t reference_hidden = 0;  ///< 0: that of the learner
  std::int64_t reference_layers = 0;

  TokensOptions();
  static TaskWords words();
  static OptionRows<TokensOptions> own_rows();
  TokenType type() const { return token_type == "u32" ? TokenType::kU32 : TokenType::kU16; }
  void check_together() const;
};

}  // namespace jest::apps::train
