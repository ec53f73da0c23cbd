#pragma once
// Tokens in the files that language models are trained from: nanoGPT's and llm.c's .bin.
//
//   jest::TokenTable table({"train_000.bin", "train_001.bin"}, {.length = 1024});
//
// A row is a window of one file, or one document. Rows overlap by a token: the last of a row is
// the first of the next, which is predicted from nothing and is context there, so that every token
// of a file but its first is predicted in just one row.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/data/tables.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"

namespace jest {

enum class TokenType { kU16, kU32 };

struct TokenRows {
  std::int64_t length = 1024;  ///< L: most tokens that are predicted in a row
  /// The token that ends every document (nanoGPT) or begins it (llm.c): rows are documents, from
  /// one such token to the next, cut where they are longer than L. Absent: windows of L.
  std::optional<std::int64_t> document_end = {};
};

/// Tokens of one file: read, or mapped where it is large, as SafetensorsFile does.
class JEST_EXPORT TokenFile {
 public:
  /// A file of llm.c says itself what it is (256 int32: magic 20240520, version 1 or 7, count:
  /// uint16; magic 20240801: uint32); any other is raw little-endian tokens of `raw_type`. Throws
  /// jest::Error naming the file where it holds fewer or more tokens than it says, no whole number
  /// of tokens, none, or begins as a file of another format.
  explicit TokenFile(const std::filesystem::path& path, TokenType raw_type = TokenType::kU16);
  /// Tokens made in memory, with a name for messages.
  TokenFile(std::vector<std::uint32_t> tokens, std::string name);

  const std::string& name() const { return name_; }
  std::int64_t size() const { return size_; }
  std::int64_t operator[](std::int64_t position) const;
  /// Copies `count` tokens from position `first`. O(count).
  void copy(std::int64_t first, std::int64_t count, std::int64_t* into) const;
  std::int64_t largest() const;  ///< O(size)
  ArrayView array() const;       ///< U16 or U32 [size]
  /// The first position of a token that is `token` or, `at_least`, larger; size() where none is.
  std::int64_t find(std::int64_t token, std::int64_t from, bool at_least = false) const;
  /// Throws when the file is mapped and was written to since.
  void expect_unchanged() const;

 private:
  std::string name_;
  std::optional<FileView> file_;
  std::shared_ptr<const std::vector<std::uint32_t>> made_;
  const void* data_ = nullptr;
  TokenType type_ = TokenType::kU32;
  std::int64_t size_ = 0;
};

/// Rows of one or more files, in order; no row reaches over the end of a file. Ids are offsets: the
/// number of tokens, over all files, before a row's first. Tags, where there are several files and
/// few, are their names. Throws where L is below 1, and where no row has two tokens. O(tokens).
struct JEST_EXPORT TokenTable : ExampleTable {
  TokenTable(std::vector<TokenFile> files, const TokenRows& rows);

  std::int64_t length() const { return length_; }
  /// Tokens of a row, from 2 to L + 1, of which all but the first are predicted.
  std::int64_t tokens(std::int64_t row) const {
    return places_[static_cast<std::size_t>(row)].count;
  }
  std::vector<std::int64_t> of(std::int64_t row) const;
  std::int64_t largest() const { return largest_; }  ///< of all tokens
  void copy(std::int64_t row, std::int64_t count, std::int64_t* into) const;
  /// Throws, naming file and position, where a token is not below `vocabulary`.
  void expect_below(std::int64_t vocabulary) const;
  void expect_unchanged() const;

 private:
  struct Place {
    std::int32_t file;
    std::int32_t count;
    std::int64_t first;
  };
  [[gnu::visibility("hidden")]] void add_rows(std::int32_t file, const TokenRows& rows);
  [[gnu::visibility("hidden")]] void add_cut(std::int32_t file, std::int64_t first,
                                             std::int64_t end);
  [[gnu::visibility("hidden")]] void name_rows();

  std::vector<TokenFile> files_;
  std::int64_t length_;
  std::int64_t largest_ = 0;
  std::vector<Place> places_;
};

/// Rows of a token table; of each, models may be shown the first `prefix` predictions alone.
class JEST_EXPORT TokenBatch {
 public:
  using Table = TokenTable;

  TokenBatch(TableRows<TokenTable> rows) : rows_(std::move(rows)) {}

  std::span<const std::int64_t> ids() const { return rows_.ids(); }
  std::int64_t size() const { return rows_.size(); }
  const TableRows<TokenTable>& rows() const { return rows_; }
  TokenBatch at(const std::vector<std::int64_t>& positions) const;

  /// The same rows, of which `length` tokens are predicted at most. Throws unless it is at least 1
  /// and no more than the table's L.
  TokenBatch prefix(std::int64_t length) const;
  std::int64_t length() const { return prefix_.value_or(rows_.table().length()); }

  /// int64 [n, longest row of the batch] of the CPU; behind a row's end stands kNoToken
  /// (learner/decoder.hpp).
  at::Tensor tokens() const;

 private:
  TableRows<TokenTable> rows_;
  std::optional<std::int64_t> prefix_;
};

/// The files of a path: itself, or all *.bin of a folder in the order of their names. Throws where
/// a folder has none.
JEST_EXPORT std::vector<std::filesystem::path> token_files(const std::filesystem::path& path);

}  // namespace jest
