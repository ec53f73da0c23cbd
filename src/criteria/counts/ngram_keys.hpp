#pragma once
// n-grams as numbers: the bits of their units behind each other, the last unit lowest.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

namespace jest::counts {

struct NgramKeys {
  int bits;  ///< of a unit

  explicit NgramKeys(std::int64_t alphabet)
      : bits(std::max(
            1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(alphabet - 1))))) {}

  /// The last `length` units of an n-gram.
  std::uint64_t last(std::uint64_t key, int length) const {
    return key & ((std::uint64_t{1} << bits * length) - 1);
  }
  /// All but the last unit.
  std::uint64_t context(std::uint64_t key) const { return key >> bits; }
};

/// `visit(key, length)` of the longest n-gram, up to `longest` units, that ends at each unit.
template <class Unit, class Visit>
void for_ngrams(std::span<const Unit> row, NgramKeys keys, int longest, const Visit& visit) {
  std::uint64_t key = 0;
  int length = 0;
  for (const Unit unit : row) {
    length = std::min(length + 1, longest);
    key = keys.last(key << keys.bits | unit, length);
    visit(key, length);
  }
}

}  // namespace jest::counts
