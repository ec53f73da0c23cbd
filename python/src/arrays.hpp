#pragma once
// Arrays of Python as views of jest::core: NumPy's, and whatever else offers __dlpack__ or a
// buffer.
//
// Nothing is copied or converted. An array of another dtype, order, shape or device is refused in
// one line. A view is valid while the object that holds it lives.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jest/core/views.hpp"

namespace jest::python {

namespace nb = nanobind;
using Array = nb::ndarray<nb::ro>;

/// "float32 [3, 4]", for messages; the device too where it is not the CPU.
std::string describe(const Array& array);

/// Any array in CPU memory; `expected` is said of what is none. `who` names the argument.
Array cpu_array(const std::string& who, const std::string& expected, nb::handle given);

/// float32 [rows, cols] whose rows lie side by side, at any distance.
struct Rows {
  Rows() = default;
  Rows(const std::string& who, nb::handle given);

  Array held;
  MatrixView view;
};

/// A contiguous [n] of one dtype.
template <class Value>
struct Values {
  Values() = default;
  Values(const std::string& who, nb::handle given);

  Array held;
  std::span<const Value> view;
};
extern template struct Values<float>;
extern template struct Values<double>;
extern template struct Values<std::int64_t>;

/// None stands for nothing; where ids are given, there are as many as candidates.
Values<std::int64_t> optional_ids(nb::handle given, std::int64_t candidates);

/// A NumPy array [n] that takes the vector's memory over.
template <class Value>
nb::object to_numpy(std::vector<Value> values) {
  auto* kept = new std::vector<Value>(std::move(values));
  const nb::capsule owner(
      kept, [](void* memory) noexcept { delete static_cast<std::vector<Value>*>(memory); });
  return nb::cast(nb::ndarray<nb::numpy, Value, nb::ndim<1>>(kept->data(), {kept->size()}, owner));
}

}  // namespace jest::python
