#pragma once
// Which examples make up the super-batch of a step: a pure function of (seed, step).
//
// The examples of an epoch are visited in the order of a keyed permutation (a Feistel network with
// cycle walking), so nothing is shuffled in memory and any step can be asked for, in any order.
// An epoch ends with its last whole super-batch; no super-batch holds an example twice.

#include <cstdint>
#include <vector>

#include "jest/core/error.hpp"

namespace jest {

class JEST_EXPORT SuperBatchOrder {
 public:
  /// Throws unless 1 ≤ super_batch ≤ examples.
  SuperBatchOrder(std::int64_t examples, std::int64_t super_batch, std::uint64_t seed);

  /// `super_batch` distinct positions in [0, examples). O(super_batch).
  std::vector<std::int64_t> at(std::int64_t step) const;

  std::int64_t steps_per_epoch() const { return examples_ / super_batch_; }

 private:
  std::int64_t permuted(std::int64_t index, std::uint64_t epoch) const;

  std::int64_t examples_;
  std::int64_t super_batch_;
  std::uint64_t seed_;
  int half_bits_ = 1;
};

}  // namespace jest
