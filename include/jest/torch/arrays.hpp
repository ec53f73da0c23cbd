#pragma once
// Tensors in safetensors files.

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"

namespace torch::nn {
class Module;
}

namespace jest {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Writes tensors atomically, with their checksum. Supported: float64/32/16, bfloat16,
/// int64/32/16/8, uint8, bool.
JEST_EXPORT void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                              const Metadata& metadata);

/// Every array of a file as a tensor of its own memory.
JEST_EXPORT NamedTensors load_tensors(const SafetensorsFile& file);

/// Writes every parameter of a module under its name, atomically, with a checksum.
JEST_EXPORT void save_parameters(const std::filesystem::path& path, const torch::nn::Module& module,
                                 const Metadata& metadata);

/// Fills every parameter of `module`, in its own dtype and place, with the array of its name in one
/// of the files. Throws jest::Error, naming file and array, before anything is filled: where one is
/// missing, has another shape, stands in two files, or is left over (unless `ignored` says that it
/// is of no account), or is of whole numbers where the parameter is not.
JEST_EXPORT void load_parameters(const std::vector<SafetensorsFile>& files,
                                 torch::nn::Module& module,
                                 const std::function<bool(const std::string& name)>& ignored = {});
JEST_EXPORT void load_parameters(const SafetensorsFile& file, torch::nn::Module& module);

/// One array as a view of the bytes of a contiguous CPU tensor, which must outlive it.
JEST_EXPORT ArrayView array_view(const at::Tensor& contiguous);

}  // namespace jest
