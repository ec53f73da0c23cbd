#pragma once
// Names for rows that depend on nothing but what the row is, and their places in seeded orders.

#include <cstdint>
#include <string_view>

#include "jest/core/philox.hpp"

namespace jest {

/// FNV-1a, 64 bits. Source: Fowler, Noll, Vo, IETF draft-eastlake-fnv.
constexpr std::uint64_t name_hash(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

/// What a seeded order is for: two orders of one seed have nothing to do with each other.
enum class Purpose : std::uint32_t { kCurated = 1, kNoise = 2 };

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

}  // namespace jest
