#pragma once
// Rows of text from the files that people have.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace jest::apps::select {

/// Texts, one after the other.
struct TextRows {
  std::string bytes;
  std::vector<std::int64_t> ends;  ///< [rows] where each ends
  std::vector<std::int64_t> ids;   ///< [rows] of the file, or positions

  std::int64_t rows() const { return std::ssize(ends); }
  std::string_view row(std::int64_t position) const;
};

/// By the name's end: .safetensors with `bytes` U8 [rows, L] and, where it has them, `ids` I64
/// [rows]; .jsonl, an object with a string "text" a line, blank lines apart; anything else a text a
/// line, of any bytes, without the LF or CR LF at its end. Throws, naming the file, on others and
/// where there is no row. O(size).
TextRows read_text_rows(const std::filesystem::path& path);

}  // namespace jest::apps::select
