#pragma once
// Values that have names, in tables that programs and bindings look names up in.

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

}  // namespace jest
