#pragma once
// Rows of tokens from a .bin of nanoGPT or llm.c.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace jest::apps::select {

struct TokenSpec {
  std::int64_t length = 128;  ///< L: a row predicts so many tokens at most
  bool wide = false;          ///< tokens of 4 bytes, where the file does not say
};

/// Tokens, one row after the other.
struct TokenRows {
  std::vector<std::uint32_t> tokens;
  std::vector<std::int64_t> ends;  ///< [rows] where each ends
  std::vector<std::int64_t> ids;   ///< [rows] place of its first token in the file
};

/// Windows as `jest-train tokens` has them: of L + 1 tokens, the last one of a row being the first
/// of the next. Throws, naming the file, as jest::TokenFile and where there are not two tokens.
/// O(size).
TokenRows read_token_rows(const std::filesystem::path& path, const TokenSpec& spec);

}  // namespace jest::apps::select
