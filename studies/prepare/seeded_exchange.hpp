#pragma once
// Deliberate mismatches: who is chosen, and who gets what from whom.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "prepare/row_id.hpp"

namespace jest::studies {

using Positions = std::vector<std::size_t>;

/// A share of `positions` in `rows`, in the order's order. None rather than one: a single row has
/// no partner to exchange with.
template <class Row>
Positions chosen_share(const std::vector<Row>& rows, Positions positions, double share,
                       const SeededOrder& order) {
  std::ranges::sort(positions, {},
                    [&](std::size_t i) { return std::pair(order(rows[i].id), rows[i].id); });
  const auto count = std::lround(share * static_cast<double>(positions.size()));
  positions.resize(count < 2 ? 0 : static_cast<std::size_t>(count));
  return positions;
}

/// The giver of each chosen row: the next row, so that every row changes; where that is
/// the same as its own (`same(receiver, giver)`), two receivers swap givers.
template <class Same>
Positions givers(const Positions& chosen, const Same& same) {
  Positions from = chosen;
  if (!from.empty()) std::ranges::rotate(from, from.begin() + 1);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!same(chosen[i], from[i])) continue;
    for (std::size_t step = 1; step < chosen.size(); ++step) {
      const std::size_t j = (i + step) % chosen.size();
      if (same(chosen[i], from[j]) || same(chosen[j], from[i])) continue;
      std::swap(from[i], from[j]);
      break;
    }
  }
  return from;
}

}  // namespace jest::studies
