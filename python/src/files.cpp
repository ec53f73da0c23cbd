// Safetensors files for the stores of python/jest/stores.py: jest::core reads, checks and writes.

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <numeric>

#include "arrays.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/io/safetensors.hpp"
#include "module.hpp"

namespace jest::python {
namespace {

/// A NumPy array over the file's memory, which it keeps.
template <class Value>
nb::object array_over(nb::handle file, std::span<const Value> values, const ArrayView& array) {
  std::vector<std::size_t> shape(array.shape.begin(), array.shape.end());
  return nb::cast(
      nb::ndarray<nb::numpy, const Value>(values.data(), shape.size(), shape.data(), file));
}

nb::object floats(nb::handle self, const std::string& name, int dimensions) {
  auto& file = nb::cast<SafetensorsFile&>(self);
  const std::span<const float> values = file.floats(name, dimensions);
  return array_over(self, values, file.array(name, "F32", dimensions));
}

nb::object integers(nb::handle self, const std::string& name) {
  auto& file = nb::cast<SafetensorsFile&>(self);
  const std::span<const std::int64_t> values = file.integers(name, 1);
  return array_over(self, values, file.array(name, "I64", 1));
}

std::string checksum_of(const SafetensorsFile& file, const std::vector<std::string>& names) {
  std::vector<ArrayView> arrays;
  for (const std::string& name : names) arrays.push_back(file.arrays().at(name));
  return checksum(arrays);
}

/// A contiguous array as safetensors describe it.
ArrayView array_view(const std::string& name, const Array& array) {
  const auto is = [&](nb::dlpack::dtype dtype) { return array.dtype() == dtype; };
  const char* dtype = is(nb::dtype<float>())          ? "F32"
                      : is(nb::dtype<double>())       ? "F64"
                      : is(nb::dtype<std::int64_t>()) ? "I64"
                                                      : nullptr;
  std::int64_t stride = 1;
  for (std::size_t axis = array.ndim(); axis-- > 0;) {
    if (array.shape(axis) > 1 && array.stride(axis) != stride) dtype = nullptr;
    stride *= static_cast<std::int64_t>(array.shape(axis));
  }
  if (!dtype) {
    refuse("write safetensors, " + name, "float32, float64 or int64 in C order", describe(array));
  }
  std::vector<std::int64_t> shape;
  for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
    shape.push_back(static_cast<std::int64_t>(array.shape(axis)));
  }
  return {dtype, shape, {static_cast<const std::byte*>(array.data()), array.nbytes()}};
}

/// Writes `given` with the store's checksum of the arrays named in `summed`, and the file's own.
void write_store(const std::filesystem::path& path,
                 const std::vector<std::pair<std::string, nb::object>>& given,
                 const std::vector<std::string>& summed, Metadata metadata) {
  std::vector<Array> held;
  std::vector<NamedArray> arrays;
  for (const auto& [name, array] : given) {
    held.push_back(cpu_array("write safetensors, " + name, "an array in CPU memory", array));
    arrays.push_back({name, array_view(name, held.back())});
  }
  const nb::gil_scoped_release unlocked;
  std::vector<ArrayView> parts;
  for (const std::string& name : summed) {
    for (const NamedArray& array : arrays) {
      if (array.name == name) parts.push_back(array.array);
    }
  }
  metadata["checksum"] = checksum(parts);
  write_safetensors(path, arrays, with_checksum(metadata, arrays));
}

/// As EmbeddingStore::own_losses, bit for bit.
nb::object own_losses(nb::handle x_given, nb::handle y_given, double scale, double bias,
                      const std::string& contrast_name) {
  const Contrast contrast = by_name("own losses, contrast", kContrasts, contrast_name);
  const Rows x("own losses, x", x_given);
  const Rows y("own losses, y", y_given);
  check_embeddings("own losses", {x.view, y.view, scale, bias});
  std::vector<float> losses;
  for (std::int64_t i = 0; i < x.view.rows; ++i) {
    const float* row = x.view.row(i);
    const double logit = scale * std::inner_product(row, row + x.view.cols, y.view.row(i), 0.0);
    const double own = contrast == Contrast::kSigmoid ? softplus(-(logit + bias)) : -logit;
    losses.push_back(static_cast<float>(own));
  }
  return to_numpy(std::move(losses));
}

}  // namespace

void add_files(nb::module_& module) {
  nb::class_<SafetensorsFile>(module, "SafetensorsFile")
      .def(nb::init<const std::filesystem::path&>(), nb::call_guard<nb::gil_scoped_release>())
      .def("metadata", &SafetensorsFile::metadata)
      .def("floats", &floats)
      .def("integers", &integers)
      .def("scalar", &SafetensorsFile::scalar)
      .def("checksum", &checksum_of)
      .def("expect_unchanged", &SafetensorsFile::expect_unchanged);
  module.def("write_store", &write_store);
  module.def("own_losses", &own_losses);
}

}  // namespace jest::python
