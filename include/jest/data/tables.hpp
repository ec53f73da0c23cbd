#pragma once
// Tables of examples, and super-batches of their rows as a pure function of (seed, step): batches
// are rows of a table that they share.
//
// The examples of an epoch are visited in the order of a keyed permutation (a Feistel network with
// cycle walking), so nothing is shuffled in memory and any step can be asked for, in any order.
// An epoch ends with its last whole super-batch; no super-batch holds an example twice.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"
#include "jest/select/exchange.hpp"

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
  std::vector<std::int64_t> at(std::int64_t step) const { return at(step, 0, super_batch_); }
  /// `count` of them, from the `first` on. O(count). Throws unless there are that many.
  std::vector<std::int64_t> at(std::int64_t step, std::int64_t first, std::int64_t count) const {
    if (first < 0 || count < 0 || first + count > super_batch_) {
      refuse("super-batches", text("a part of the ", super_batch_, " examples of one"),
             text(count, " from ", first, " on"));
    }
    std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
    for (std::int64_t k = 0; k < count; ++k) {
      positions[static_cast<std::size_t>(k)] = one_at(step, first + k);
    }
    return positions;
  }
  /// The k-th of them, 0 ≤ k < size(). O(1).
  std::int64_t one_at(std::int64_t step, std::int64_t k) const;

  std::int64_t steps_per_epoch() const { return examples_ / super_batch_; }
  std::int64_t size() const { return super_batch_; }

 private:
  [[gnu::visibility("hidden")]] std::int64_t permuted(std::int64_t index,
                                                      std::uint64_t epoch) const;

  std::int64_t examples_;
  std::int64_t super_batch_;
  std::uint64_t seed_;
  int half_bits_ = 1;
};

/// Rows of a shared table; what a row holds is read when a model asks for it. Copies are O(1).
template <class Table>
class TableRows {
 public:
  /// Which row is at a position: a pure function, called from any thread.
  using RowAt = std::function<std::int64_t(std::int64_t)>;

  /// O(rows).
  TableRows(std::shared_ptr<const Table> table, std::vector<std::int64_t> rows)
      : table_(std::move(table)), size_(std::ssize(rows)), named_(std::make_shared<Named>()) {
    std::call_once(named_->once, [&] { name(std::move(rows)); });
  }
  /// `size` rows that are named when they are asked for: O(1) here, O(size) by ids() or rows(). So
  /// a rank that looks at a part, by `at`, names no other's.
  TableRows(std::shared_ptr<const Table> table, std::int64_t size, RowAt row_at)
      : table_(std::move(table)),
        size_(size),
        row_at_(std::move(row_at)),
        named_(std::make_shared<Named>()) {}

  std::span<const std::int64_t> ids() const { return named().ids; }
  std::span<const std::int64_t> rows() const { return named().rows; }
  const Table& table() const { return *table_; }
  std::int64_t size() const { return size_; }

  /// O(positions). Throws std::out_of_range unless all are below size().
  TableRows at(const std::vector<std::int64_t>& positions) const {
    std::vector<std::int64_t> rows;
    rows.reserve(positions.size());
    for (const std::int64_t position : positions) {
      if (position < 0 || position >= size_) {
        throw std::out_of_range(
            text("rows of a table: expected positions below ", size_, ", got ", position));
      }
      rows.push_back(row_at_ ? row_at_(position)
                             : named_->rows[static_cast<std::size_t>(position)]);
    }
    return {table_, std::move(rows)};
  }

 private:
  struct Named {
    std::once_flag once;
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> ids;
  };

  void name(std::vector<std::int64_t> rows) const {
    named_->ids.reserve(rows.size());
    for (const std::int64_t row : rows)
      named_->ids.push_back(table_->ids.at(static_cast<std::size_t>(row)));
    named_->rows = std::move(rows);
  }

  const Named& named() const {
    std::call_once(named_->once, [&] {
      std::vector<std::int64_t> rows(static_cast<std::size_t>(size_));
      for (std::int64_t k = 0; k < size_; ++k) rows[static_cast<std::size_t>(k)] = row_at_(k);
      name(std::move(rows));
    });
    return *named_;
  }

  std::shared_ptr<const Table> table_;
  std::int64_t size_;
  RowAt row_at_;  // none where all rows are named
  std::shared_ptr<Named> named_;
};

struct SuperBatchSpec {
  std::int64_t size = 0;  ///< B
  std::uint64_t seed = 0;
  bool ahead = true;  ///< false: few of the rows will be looked at, and none are asked for ahead
  /// Of every super-batch, what this rank looks at, and asks for ahead; all where no total is
  /// given.
  Shard part = {};
};

/// Rows of which every super-batch holds so many.
struct RowShare {
  std::vector<std::int64_t> rows = {};
  std::int64_t size = 0;  ///< of the B
};

/// Super-batches over a table, or over some of its rows: a pure function of (seed, step).
/// `Batch` has a type Table and is made from TableRows<Table>. A table with ahead(rows), as
/// ShardTable has it, is told the rows of a step, and those of the next; beside that, a super-batch
/// is O(1) to make, and its rows are named when they are asked for.
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
      : table_(std::move(table)), spec_(spec) {
    std::vector<Part> parts;
    add(parts, std::move(rows), spec.size - also.size);
    if (also.size != 0) add(parts, std::move(also.rows), also.size);
    parts_ = std::make_shared<const std::vector<Part>>(std::move(parts));
    if (spec_.part.total == 0) spec_.part = whole(spec.size);
    if (spec_.part.total != spec.size) {
      refuse("super-batches", text("a part of the ", spec.size, " examples of one"),
             text("one of ", spec_.part.total));
    }
  }

  Batch at(std::int64_t step) const {
    if constexpr (requires(const Table& table, std::span<const std::int64_t> rows) {
                    table.ahead(rows);
                  }) {
      if (spec_.ahead) table_->ahead(rows_of_part(step));
      if (spec_.ahead) table_->ahead(rows_of_part(step + 1));
    }
    return Batch(TableRows<Table>(table_, spec_.size, [parts = parts_, step](std::int64_t k) {
      return row(*parts, step, k);
    }));
  }

 private:
  struct Part {
    std::vector<std::int64_t> rows;
    SuperBatchOrder order;
  };

  void add(std::vector<Part>& parts, std::vector<std::int64_t> rows, std::int64_t size) const {
    const SuperBatchOrder order(static_cast<std::int64_t>(rows.size()), size, spec_.seed);
    parts.push_back({std::move(rows), order});
  }

  /// That of a super-batch at position k.
  static std::int64_t row(const std::vector<Part>& parts, std::int64_t step, std::int64_t k) {
    auto part = parts.begin();
    for (; k >= part->order.size(); ++part) k -= part->order.size();
    return part->rows[static_cast<std::size_t>(part->order.one_at(step, k))];
  }

  std::vector<std::int64_t> rows_of_part(std::int64_t step) const {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(spec_.part.count));
    for (std::size_t k = 0; k < rows.size(); ++k) {
      rows[k] = row(*parts_, step, spec_.part.first + static_cast<std::int64_t>(k));
    }
    return rows;
  }

  std::shared_ptr<const Table> table_;
  std::shared_ptr<const std::vector<Part>> parts_;
  SuperBatchSpec spec_;
};

}  // namespace jest
