#pragma once
// Tables of examples, and super-batches of their rows as a pure function of (seed, step): batches
// are rows of a table that they share.
//
// The examples of an epoch are visited in the order of a keyed permutation (a Feistel network with
// cycle walking), so nothing is shuffled in memory and any step can be asked for, in any order.
// An epoch ends with its last whole super-batch; no super-batch holds an example twice.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"

namespace jest {

struct ExampleTable {
  std::vector<std::int64_t> ids;       ///< unique, not negative
  std::vector<std::int32_t> tags;      ///< index into `tag_names`; empty when the file has no tags
  std::vector<std::string> tag_names;  ///< tags are for measurement and never reach a model
  std::string checksum;                ///< CRC-32 of the content, eight hexadecimal digits

  std::int64_t rows() const { return static_cast<std::int64_t>(ids.size()); }
};

/// The bytes of a text, which must outlive the view; for checksums.
JEST_EXPORT ArrayView text_view(const std::string& text);

/// 0 … rows − 1.
JEST_EXPORT std::vector<std::int64_t> all_rows(const ExampleTable& table);

/// Ids, tags and checksum of a safetensors table with `rows` rows: ids I64 [rows] and, when there
/// are tags, tags I32 [rows] with metadata tag_names, a JSON array of strings. Throws an error that
/// names the file and the defect. O(file).
JEST_EXPORT ExampleTable read_row_labels(SafetensorsFile& file, std::int64_t rows);

class JEST_EXPORT SuperBatchOrder {
 public:
  /// Throws unless 1 ≤ super_batch ≤ examples.
  SuperBatchOrder(std::int64_t examples, std::int64_t super_batch, std::uint64_t seed);

  /// `super_batch` distinct positions in [0, examples). O(super_batch).
  std::vector<std::int64_t> at(std::int64_t step) const;

  std::int64_t steps_per_epoch() const { return examples_ / super_batch_; }

 private:
  [[gnu::visibility("hidden")]] std::int64_t permuted(std::int64_t index,
                                                      std::uint64_t epoch) const;

  std::int64_t examples_;
  std::int64_t super_batch_;
  std::uint64_t seed_;
  int half_bits_ = 1;
};

/// Rows of a shared table. O(rows) to make; what a row holds is read when a model asks for it.
template <class Table>
class TableRows {
 public:
  TableRows(std::shared_ptr<const Table> table, std::vector<std::int64_t> rows)
      : table_(std::move(table)), rows_(std::move(rows)) {
    ids_.reserve(rows_.size());
    for (const std::int64_t row : rows_)
      ids_.push_back(table_->ids.at(static_cast<std::size_t>(row)));
  }

  std::span<const std::int64_t> ids() const { return ids_; }
  std::span<const std::int64_t> rows() const { return rows_; }
  const Table& table() const { return *table_; }
  std::int64_t size() const { return static_cast<std::int64_t>(rows_.size()); }

  TableRows at(const std::vector<std::int64_t>& positions) const {
    std::vector<std::int64_t> rows;
    rows.reserve(positions.size());
    for (const std::int64_t position : positions)
      rows.push_back(rows_.at(static_cast<std::size_t>(position)));
    return {table_, std::move(rows)};
  }

 private:
  std::shared_ptr<const Table> table_;
  std::vector<std::int64_t> rows_;
  std::vector<std::int64_t> ids_;
};

struct SuperBatchSpec {
  std::int64_t size = 0;  ///< B
  std::uint64_t seed = 0;
  bool ahead = true;  ///< false: few of the rows will be looked at, and none are asked for ahead
};

/// Rows of which every super-batch holds so many.
struct RowShare {
  std::vector<std::int64_t> rows = {};
  std::int64_t size = 0;  ///< of the B
};

/// Super-batches over a table, or over some of its rows: a pure function of (seed, step).
/// `Batch` has a type Table and is made from TableRows<Table>. A table with ahead(rows), as
/// ShardTable has it, is told the rows of a step, and those of the next.
template <class Batch>
class TableSource {
 public:
  using Table = typename Batch::Table;

  /// Throws unless there are `spec.size` rows.
  TableSource(std::shared_ptr<const Table> table, const SuperBatchSpec& spec)
      : TableSource(table, all_rows(*table), spec) {}

  TableSource(std::shared_ptr<const Table> table, std::vector<std::int64_t> rows,
              const SuperBatchSpec& spec)
      : TableSource(std::move(table), std::move(rows), {}, spec) {}

  /// Of every super-batch, the last `also.size` are of `also.rows`, the rest of `rows`, each in an
  /// order of epochs of its own. Throws unless there are that many of each, and 0 <= also.size < B.
  TableSource(std::shared_ptr<const Table> table, std::vector<std::int64_t> rows, RowShare also,
              const SuperBatchSpec& spec)
      : table_(std::move(table)), ahead_(spec.ahead) {
    add(std::move(rows), spec.size - also.size, spec.seed);
    if (also.size != 0) add(std::move(also.rows), also.size, spec.seed);
  }

  Batch at(std::int64_t step) const {
    std::vector<std::int64_t> rows = rows_of(step);
    if constexpr (requires(const Table& table) { table.ahead(std::span(rows)); }) {
      if (ahead_) table_->ahead(rows);
      if (ahead_) table_->ahead(rows_of(step + 1));
    }
    return Batch(TableRows<Table>(table_, std::move(rows)));
  }

 private:
  struct Part {
    std::vector<std::int64_t> rows;
    SuperBatchOrder order;
  };

  void add(std::vector<std::int64_t> rows, std::int64_t size, std::uint64_t seed) {
    const SuperBatchOrder order(static_cast<std::int64_t>(rows.size()), size, seed);
    parts_.push_back({std::move(rows), order});
  }

  std::vector<std::int64_t> rows_of(std::int64_t step) const {
    std::vector<std::int64_t> all;
    for (const Part& part : parts_) {
      for (const std::int64_t position : part.order.at(step)) {
        all.push_back(part.rows[static_cast<std::size_t>(position)]);
      }
    }
    return all;
  }

  std::shared_ptr<const Table> table_;
  std::vector<Part> parts_;
  bool ahead_;
};

}  // namespace jest
