#pragma once
// Which examples an arm draws from, where that is not simply the pool: a share of curated ones, and
// a filter that keeps a part of the pool once and for all. docs/method.md, "What is drawn from".

#include <cstdint>
#include <string>
#include <vector>

#include "jest/data/tables.hpp"

namespace jest {
class LossStore;
}

namespace jest::apps::train {

/// How much of every super-batch is drawn from the curated examples.
struct CuratedShare {
  bool natural = false;  ///< as if they were rows of the pool
  double share = 0;      ///< else so much of each; 0: none

  bool mixes() const { return natural || share > 0; }
  /// Curated examples of a super-batch: share · candidates, rounded. Throws where that is none, or
  /// all.
  std::int64_t of(std::int64_t candidates) const;
};

/// "0", "0.25" or "natural"; throws on anything else.
CuratedShare parse_curated_share(const std::string& name);

struct Filter {
  double share = 1;  ///< of the pool
  double gain = 0;   ///< 0: the least losses; else drawn as one independent selection is
  std::uint64_t seed = 0;

  std::int64_t kept_of(std::int64_t rows) const;  ///< share · rows, rounded up
};

/// Rows of the pool that are left, ascending. O(rows · log rows).
std::vector<std::int64_t> kept_rows(const ExampleTable& pool, const LossStore& losses,
                                    const Filter& filter);

}  // namespace jest::apps::train
