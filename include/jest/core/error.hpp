#pragma once
// The one exception type of the library, and the two ways to throw it.
//
// A message is one line: the operation, what was expected, what came.

#include <sstream>
#include <stdexcept>
#include <string>

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "jest must see NaN and add in its own order: compile what includes it without -ffast-math"
#endif

#define JEST_EXPORT __attribute__((visibility("default")))

namespace jest {

/// Everything the library refuses is thrown as this type; `what()` is one line.
class JEST_EXPORT Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Joins values into one string with `operator<<`.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

/// Throws "operation: expected ..., got ...".
template <class... Came>
[[noreturn]] void refuse(const std::string& operation, const std::string& expected,
                         const Came&... came) {
  throw Error(text(operation, ": expected ", expected, ", got ", came...));
}

}  // namespace jest
