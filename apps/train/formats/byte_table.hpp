#pragma once
// Sequences of bytes in a safetensors file, and batches of them: language modelling.
//
// bytes U8 [rows, L], ids I64 [rows], optionally tags I32 [rows] with metadata tag_names.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "jest/data/tables.hpp"

namespace jest::apps::train {

/// Sequences of one file, read or mapped.
struct ByteFile {
  explicit ByteFile(const std::filesystem::path& path) : file(path) {}

  SafetensorsFile file;
  std::span<const std::uint8_t> sequences = {};  ///< [rows, L]
};

/// Sequences lie in the files, one after the other.
struct ByteTable : ExampleTable {
  std::vector<std::shared_ptr<const ByteFile>> files;
  std::int64_t length = 0;  ///< L

  std::span<const std::uint8_t> of(std::int64_t row) const;
  /// Throws when a file was written to since it was read.
  void expect_unchanged() const;
};

/// Throws jest::Error naming the file and its defect. O(file).
JEST_EXPORT std::shared_ptr<const ByteTable> read_bytes(const std::filesystem::path& path);

/// The pool's rows and behind them the curated ones, of the same length: joined_labels.
JEST_EXPORT std::shared_ptr<const ByteTable> joined(const ByteTable& pool,
                                                    const ByteTable& curated);

class JEST_EXPORT ByteBatch {
 public:
  using Table = ByteTable;

  ByteBatch(TableRows<ByteTable> rows) : rows_(std::move(rows)) {}

  std::span<const std::int64_t> ids() const { return rows_.ids(); }
  std::int64_t size() const { return rows_.size(); }
  const TableRows<ByteTable>& rows() const { return rows_; }
  ByteBatch at(const std::vector<std::int64_t>& positions) const;

  /// The same examples, of which models see the first `length` bytes only; at least 1, and no more
  /// than the sequences have. What a causal model makes of a prefix does not depend on the rest.
  ByteBatch prefix(std::int64_t length) const;

  std::int64_t length() const { return prefix_.value_or(rows_.table().length); }
  at::Tensor bytes() const;  ///< uint8 [n, length], copied

 private:
  TableRows<ByteTable> rows_;
  std::optional<std::int64_t> prefix_;
};

}  // namespace jest::apps::train
