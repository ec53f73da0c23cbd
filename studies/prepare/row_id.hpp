#pragma once
// Names for rows that depend on nothing but what the row is, and their places in seeded orders.

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/noise.hpp"

namespace jest::studies {

/// The id of what a row is: not negative, the same on every run.
constexpr std::int64_t row_id(std::string_view what) { return hash_id(what); }

/// What a seeded order is for: two orders of one seed have nothing to do with each other.
enum class Purpose : std::uint32_t {
  kCurated = 1,
  kNoise = 2,
  kPool = 3,
  kEvaluation = 4,
  kHeldOut = 5,
  kCopies = 6,
  kPieces = 7
};

struct SeededOrder {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::kCurated;

  /// The row's place in this order: a pure function of seed, purpose and id.
  std::uint64_t operator()(std::int64_t id) const {
    const auto name = static_cast<std::uint64_t>(id);
    const PhiloxCounter words =
        philox4x32_10({low_word(name), high_word(name), static_cast<std::uint32_t>(purpose), 0},
                      {low_word(seed), high_word(seed)});
    return (static_cast<std::uint64_t>(words[0]) << 32) | words[1];
  }
};

/// The `count` rows that come first in a seeded order, or all; they stay in the order they had.
template <class Row>
std::vector<Row> first_in_order(std::vector<Row> rows, std::size_t count,
                                const SeededOrder& order) {
  if (rows.size() <= count) return rows;
  std::vector<std::pair<std::uint64_t, std::int64_t>> keys;
  for (const Row& row : rows) keys.emplace_back(order(row.id), row.id);
  std::ranges::nth_element(keys, keys.begin() + static_cast<std::ptrdiff_t>(count));
  const auto first_left_out = keys[count];
  std::erase_if(rows,
                [&](const Row& row) { return std::pair(order(row.id), row.id) >= first_left_out; });
  return rows;
}

/// Makes ids of rows in order of id distinct: two names may share a hash, about once in a hundred
/// million runs.
template <class Row>
void make_ids_distinct(std::vector<Row>& rows) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].id <= rows[i - 1].id) rows[i].id = rows[i - 1].id + 1;
  }
}

}  // namespace jest::studies
