// Tensors to and from arrays of safetensors.

#include "jest/torch/arrays.hpp"

#include <torch/torch.h>

#include <algorithm>

namespace jest {
namespace {

struct DtypeName {
  at::ScalarType type;
  std::string_view name;
};

constexpr DtypeName kDtypes[] = {{at::kFloat, "F32"},     {at::kDouble, "F64"}, {at::kHalf, "F16"},
                                 {at::kBFloat16, "BF16"}, {at::kLong, "I64"},   {at::kInt, "I32"},
                                 {at::kShort, "I16"},     {at::kChar, "I8"},    {at::kByte, "U8"},
                                 {at::kBool, "BOOL"}};

/// Strides are products of extents, also where another extent is 0.
bool has_strides(const std::vector<std::int64_t>& shape) {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) {
    if (extent > 0 && product > INT64_MAX / extent) return false;
    product *= std::max<std::int64_t>(extent, 1);
  }
  return true;
}

}  // namespace

ArrayView array_view(const at::Tensor& contiguous) {
  for (const auto& [type, name] : kDtypes) {
    if (contiguous.scalar_type() != type) continue;
    return {std::string(name),
            {contiguous.sizes().begin(), contiguous.sizes().end()},
            {static_cast<const std::byte*>(contiguous.const_data_ptr()), contiguous.nbytes()}};
  }
  refuse("save tensors", "a dtype of safetensors", contiguous.dtype());
}

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const Metadata& metadata) {
  NamedTensors held;
  std::vector<NamedArray> arrays;
  for (const auto& [name, tensor] : tensors) {
    held.emplace_back(name, tensor.detach().to(at::kCPU).contiguous());
    arrays.push_back({name, array_view(held.back().second)});
  }
  write_safetensors(path, arrays, with_checksum(metadata, arrays));
}

NamedTensors load_tensors(const SafetensorsFile& file) {
  NamedTensors tensors;
  for (const auto& [name, array] : file.arrays()) {
    const auto known = std::ranges::find(kDtypes, array.dtype, &DtypeName::name);
    if (known == std::end(kDtypes) || !has_strides(array.shape)) {
      refuse("load tensors of " + file.path().string(), "dtypes and extents that tensors have",
             name, " ", describe(array));
    }
    at::Tensor tensor = torch::empty(array.shape, known->type);
    std::ranges::copy(array.bytes, static_cast<std::byte*>(tensor.mutable_data_ptr()));
    tensors.emplace_back(name, tensor);
  }
  return tensors;
}

}  // namespace jest
