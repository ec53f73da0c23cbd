// Tensors to and from arrays of safetensors.

#include "jest/torch/arrays.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <map>

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

namespace {

at::Tensor tensor_of(const SafetensorsFile& file, const std::string& name, const ArrayView& array) {
  const auto known = std::ranges::find(kDtypes, array.dtype, &DtypeName::name);
  if (known == std::end(kDtypes) || !has_strides(array.shape)) {
    refuse("load tensors of " + file.path().string(), "dtypes and extents that tensors have", name,
           " ", describe(array));
  }
  at::Tensor tensor = torch::empty(array.shape, known->type);
  std::ranges::copy(array.bytes, static_cast<std::byte*>(tensor.mutable_data_ptr()));
  return tensor;
}

struct FoundArray {
  const SafetensorsFile* file;
  const std::string* name;
  const ArrayView* array;
};
using ArraysByName = std::map<std::string, FoundArray>;

ArraysByName arrays_by_name(const std::vector<SafetensorsFile>& files) {
  ArraysByName found;
  for (const SafetensorsFile& file : files) {
    for (const auto& [name, array] : file.arrays()) {
      if (found.emplace(name, FoundArray{&file, &name, &array}).second) continue;
      refuse("load model " + file.path().string(), "every tensor in one file",
             text(name, " also in ", found.at(name).file->path().string()));
    }
  }
  return found;
}

/// The arrays of a module's parameters, one by one; what is left over stays in `found`.
std::vector<std::pair<at::Tensor, FoundArray>> matched(ArraysByName& found,
                                                       const std::string& operation,
                                                       const torch::nn::Module& module) {
  std::vector<std::pair<at::Tensor, FoundArray>> pairs;
  for (const auto& item : module.named_parameters()) {
    const auto here = found.find(item.key());
    const std::string expected = text("tensor ", item.key(), " ", item.value().sizes());
    if (here == found.end()) refuse(operation, expected, "none of that name");
    if (item.value().sizes() != at::IntArrayRef(here->second.array->shape)) {
      refuse("load model " + here->second.file->path().string(), expected,
             describe(*here->second.array));
    }
    constexpr std::string_view kFloating[] = {"F64", "F32", "F16", "BF16"};
    if (item.value().is_floating_point() &&
        std::ranges::find(kFloating, here->second.array->dtype) == std::end(kFloating)) {
      refuse("load model " + here->second.file->path().string(),
             text("tensor ", item.key(), " of F64, F32, F16 or BF16"),
             describe(*here->second.array));
    }
    pairs.emplace_back(item.value(), here->second);
    found.erase(here);
  }
  return pairs;
}

}  // namespace

NamedTensors load_tensors(const SafetensorsFile& file) {
  NamedTensors tensors;
  for (const auto& [name, array] : file.arrays()) {
    tensors.emplace_back(name, tensor_of(file, name, array));
  }
  return tensors;
}

void save_parameters(const std::filesystem::path& path, const torch::nn::Module& module,
                     const Metadata& metadata) {
  NamedTensors tensors;
  for (const auto& item : module.named_parameters()) {
    tensors.emplace_back(item.key(), item.value());
  }
  save_tensors(path, tensors, metadata);
}

void load_parameters(const std::vector<SafetensorsFile>& files, torch::nn::Module& module,
                     const std::function<bool(const std::string& name)>& ignored) {
  const torch::NoGradGuard no_gradient;
  if (files.empty()) refuse("load model", "at least one file", "none");
  ArraysByName found = arrays_by_name(files);
  const std::string operation = "load model " + files.front().path().string();
  const auto pairs = matched(found, operation, module);
  for (const auto& [name, left] : found) {
    if (ignored && ignored(name)) continue;
    refuse("load model " + left.file->path().string(), "no tensors but those of the model", name,
           " ", describe(*left.array));
  }
  for (const auto& [parameter, array] : pairs) {
    at::Tensor(parameter).copy_(tensor_of(*array.file, *array.name, *array.array));
  }
  for (const SafetensorsFile& file : files) file.expect_unchanged();
}

void load_parameters(const SafetensorsFile& file, torch::nn::Module& module) {
  load_parameters(std::vector{file}, module);
}

}  // namespace jest
