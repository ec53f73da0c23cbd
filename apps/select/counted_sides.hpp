#pragma once
// The files of jest-select counts as a guide takes them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cached/counted_losses.hpp"
#include "select/token_rows.hpp"

namespace jest::apps::select {

template <class Unit>
struct Side {
  cached::CountedRows<Unit> rows;
  std::vector<std::int64_t> ids;  ///< of its rows
  std::string checksum;
  std::int64_t alphabet = 0;  ///< of tokens: one more than the largest
};

/// Texts (select/text_rows.hpp) by their bytes (std::uint8_t) or words (std::uint32_t). O(size).
template <class Unit>
Side<Unit> read_texts(const std::filesystem::path& path);

Side<std::uint32_t> read_tokens(const std::filesystem::path& path, const TokenSpec& spec);

}  // namespace jest::apps::select
