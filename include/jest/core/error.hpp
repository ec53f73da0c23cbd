#pragma once
// The one exception type of the library, and the two ways to throw it.
//
// A message is one line: the operation, what was expected, what came.
//
// And names, most of which come from a user: tables that programs and bindings look them up in, or
// refuse them by; ids of names: of a file's path, a URL, a key of a table.

#include <cstdint>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "jest must see NaN and add in its own order: compile what includes it without -ffast-math"
#endif

#define JEST_EXPORT __attribute__((visibility("default")))

namespace jest {

/// Everything the library refuses is thrown as this type; `what()` is one line: control characters
/// of what a file or a user said are shown as \x0a.
class JEST_EXPORT Error : public std::runtime_error {
 public:
  explicit Error(std::string_view message);
};

namespace detail {

#ifdef _GLIBCXX_DEBUG
/// Containers have another layout then: only a libjest that was built so, too, has this symbol.
JEST_EXPORT extern const int built_with_GLIBCXX_DEBUG;
[[gnu::used]] static const int* const kNeedsSuchALibrary = &built_with_GLIBCXX_DEBUG;
#endif

void append(std::string& out, long long number);
void append(std::string& out, unsigned long long number);
void append(std::string& out, double number);
std::string streamed(const void* values, void (*print)(std::ostream& out, const void* values));

/// Strings and numbers, which need no stream.
template <class Part>
inline constexpr bool kNeedsNoStream =
    std::is_convertible_v<const Part&, std::string_view> || std::is_arithmetic_v<Part>;

template <class Part>
void append_part(std::string& out, const Part& part) {
  if constexpr (std::is_convertible_v<const Part&, std::string_view>) {
    out += static_cast<std::string_view>(part);
  } else if constexpr (std::is_integral_v<Part> && sizeof(Part) == 1 &&
                       !std::is_same_v<Part, bool>) {
    out += static_cast<char>(part);
  } else if constexpr (std::is_floating_point_v<Part>) {
    append(out, static_cast<double>(part));
  } else {
    using Wide = std::conditional_t<std::is_signed_v<Part>, long long, unsigned long long>;
    append(out, static_cast<Wide>(part));
  }
}

}  // namespace detail

/// Joins values into one string, as operator<< of a stream writes them. Streams are costly to
/// include: where a part is neither a string nor a number, the caller must include <ostream>.
template <class... Parts>
std::string text(const Parts&... parts) {
  if constexpr ((detail::kNeedsNoStream<Parts> && ...)) {
    std::string joined;
    (detail::append_part(joined, parts), ...);
    return joined;
  } else {
    const auto print = [&](std::ostream& out) { (out << ... << parts); };
    return detail::streamed(&print, [](std::ostream& out, const void* values) {
      (*static_cast<decltype(&print)>(values))(out);
    });
  }
}

/// Throws "operation: expected ..., got ...".
template <class... Came>
[[noreturn]] void refuse(const std::string& operation, const std::string& expected,
                         const Came&... came) {
  throw Error(text(operation, ": expected ", expected, ", got ", came...));
}

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
