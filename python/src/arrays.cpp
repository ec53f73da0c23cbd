// Arrays of Python as views of jest::core.

#include "arrays.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>

namespace jest::python {
namespace {

template <class Value>
constexpr const char* kDtype = "";
template <>
constexpr const char* kDtype<float> = "float32";
template <>
constexpr const char* kDtype<double> = "float64";
template <>
constexpr const char* kDtype<std::int64_t> = "int64";

std::string dtype_of(const Array& array) {
  constexpr const char* kKinds[] = {"int", "uint", "float", "opaque", "bfloat", "complex", "bool"};
  const nb::dlpack::dtype dtype = array.dtype();
  if (dtype.code >= std::size(kKinds)) return "another dtype";
  return text(kKinds[dtype.code], static_cast<int>(dtype.bits));
}

std::int64_t extent(const Array& array, std::size_t axis) {
  return static_cast<std::int64_t>(array.shape(axis));
}

/// Why an object gives no memory: what its own __dlpack__ says, on one line.
std::string why_not(nb::handle given) {
  std::string type = nb::cast<std::string>(nb::str(given.type().attr("__name__")));
  if (!nb::hasattr(given, "__dlpack__")) return type;
  try {
    given.attr("__dlpack__")();
  } catch (nb::python_error& error) {
    std::string said = nb::cast<std::string>(nb::str(error.value()));
    return text(type, ": ", said.substr(0, said.find('\n')));
  }
  return type;
}

bool is_aligned(const Array& array) {
  const std::size_t bytes = std::max<std::size_t>(array.itemsize(), 1);
  return reinterpret_cast<std::uintptr_t>(array.data()) % bytes == 0;
}

template <class Value>
bool holds(const Array& array) {
  return array.dtype() == nb::dtype<Value>() && is_aligned(array);
}

}  // namespace

std::string describe(const Array& array) {
  std::string shape;
  for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
    shape += text(axis > 0 ? ", " : "", extent(array, axis));
  }
  const bool here = array.device_type() == nb::device::cpu::value;
  return text(dtype_of(array), " [", shape, "]", is_aligned(array) ? "" : ", not aligned",
              here ? "" : ", of another device");
}

Array cpu_array(const std::string& who, const std::string& expected, nb::handle given) {
  Array array;
  if (!nb::try_cast(given, array)) refuse(who, expected, why_not(given));
  if (array.device_type() != nb::device::cpu::value) refuse(who, expected, describe(array));
  return array;
}

Rows::Rows(const std::string& who, nb::handle given) {
  const std::string expected = "float32 [rows, columns] in CPU memory";
  held = cpu_array(who, expected, given);
  if (held.ndim() != 2 || !holds<float>(held)) refuse(who, expected, describe(held));
  const std::int64_t rows = extent(held, 0);
  const std::int64_t cols = extent(held, 1);
  const bool empty = rows == 0 || cols == 0;
  const bool side_by_side = empty || cols == 1 || held.stride(1) == 1;
  const bool apart = empty || rows == 1 || held.stride(0) >= cols;
  if (!side_by_side || !apart) {
    refuse(who, "rows in C order (numpy.ascontiguousarray)", describe(held), " with strides [",
           held.stride(0), ", ", held.stride(1), "]");
  }
  view = {static_cast<const float*>(held.data()), rows, cols, rows > 1 ? held.stride(0) : cols};
}

template <class Value>
Values<Value>::Values(const std::string& who, nb::handle given) {
  const std::string expected = text(kDtype<Value>, " [n] in CPU memory");
  held = cpu_array(who, expected, given);
  if (held.ndim() != 1 || !holds<Value>(held)) refuse(who, expected, describe(held));
  if (extent(held, 0) > 1 && held.stride(0) != 1) {
    refuse(who, "values side by side (numpy.ascontiguousarray)", describe(held), " with stride ",
           held.stride(0));
  }
  view = {static_cast<const Value*>(held.data()), held.size()};
}

template struct Values<float>;
template struct Values<double>;
template struct Values<std::int64_t>;

Values<std::int64_t> optional_ids(nb::handle given, std::int64_t candidates) {
  if (given.is_none()) return {};
  Values<std::int64_t> ids("select, ids", given);
  if (std::ssize(ids.view) != candidates) {
    refuse("select, ids", text(candidates, " ids, one per candidate"), std::ssize(ids.view));
  }
  return ids;
}

}  // namespace jest::python
