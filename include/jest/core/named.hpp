#pragma once
// Values that have names, in tables that programs and bindings look names up in, and ids of names:
// of a file's path, a URL, a key of a table.

#include <cstdint>
#include <string>
#include <string_view>

#include "jest/core/error.hpp"

namespace jest {

template <class Value>
struct Named {
  std::string_view name;
  Value value;
};

/// The value of `name` in a table, which is a range of Named. Throws "operation: expected one of a,
/// b, c, got 'x'", the names in the order of the table. O(length of the table).
template <class Table>
auto by_name(const std::string& operation, const Table& table, std::string_view name) {
  std::string known;
  for (const auto& entry : table) {
    if (entry.name == name) return entry.value;
    if (!known.empty()) known += ", ";
    known += entry.name;
  }
  refuse(operation, "one of " + known, "'", name, "'");
}

/// FNV-1a, 64 bits: the same on every machine. O(length).
/// Source: Fowler, Noll, Vo, IETF draft-eastlake-fnv.
constexpr std::uint64_t fnv1a(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

/// The id of a name, at least 0. Among n names two share an id with probability about n²/2⁶⁴:
/// one in twenty million for a million names. A selection refuses ids that are not distinct.
constexpr std::int64_t hash_id(std::string_view name) {
  return static_cast<std::int64_t>(fnv1a(name) >> 1);
}

}  // namespace jest
