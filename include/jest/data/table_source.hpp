#pragma once
// Batches are rows of a table that they share; a source cuts super-batches from it.

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "jest/data/example_table.hpp"
#include "jest/data/super_batch_order.hpp"

namespace jest {

/// Rows of a shared table. O(rows) to make; what a row holds is read when a model asks for it.
template <class Table>
class TableRows {
 public:
  TableRows(std::shared_ptr<const Table> table, std::vector<std::int64_t> rows)
      : table_(std::move(table)), rows_(std::move(rows)) {
    ids_.reserve(rows_.size());
    for (const std::int64_t row : rows_) ids_.push_back(table_->ids.at(row));
  }

  std::span<const std::int64_t> ids() const { return ids_; }
  std::span<const std::int64_t> rows() const { return rows_; }
  const Table& table() const { return *table_; }
  std::int64_t size() const { return static_cast<std::int64_t>(rows_.size()); }

  TableRows at(const std::vector<std::int64_t>& positions) const {
    std::vector<std::int64_t> rows;
    rows.reserve(positions.size());
    for (const std::int64_t position : positions) rows.push_back(rows_.at(position));
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
};

/// Super-batches over a table, or over some of its rows: a pure function of (seed, step).
/// `Batch` has a type Table and is made from TableRows<Table>.
template <class Batch>
class TableSource {
 public:
  using Table = typename Batch::Table;

  /// Throws unless there are `spec.size` rows.
  TableSource(std::shared_ptr<const Table> table, const SuperBatchSpec& spec)
      : TableSource(table, all_rows(*table), spec) {}

  TableSource(std::shared_ptr<const Table> table, std::vector<std::int64_t> rows,
              const SuperBatchSpec& spec)
      : table_(std::move(table)),
        rows_(std::move(rows)),
        order_(static_cast<std::int64_t>(rows_.size()), spec.size, spec.seed) {}

  Batch at(std::int64_t step) const {
    std::vector<std::int64_t> rows = order_.at(step);
    for (std::int64_t& row : rows) row = rows_[row];
    return Batch(TableRows<Table>(table_, std::move(rows)));
  }

 private:
  std::shared_ptr<const Table> table_;
  std::vector<std::int64_t> rows_;
  SuperBatchOrder order_;
};

}  // namespace jest
