#pragma once
// Tensors in safetensors files.

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"

namespace jest {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Writes tensors atomically, with their checksum. Supported: float64/32/16, bfloat16,
/// int64/32/16/8, uint8, bool.
JEST_EXPORT void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                              const Metadata& metadata);

/// Every array of a file as a tensor of its own memory.
JEST_EXPORT NamedTensors load_tensors(const SafetensorsFile& file);

/// One array as a view of the bytes of a contiguous CPU tensor, which must outlive it.
JEST_EXPORT ArrayView array_view(const at::Tensor& contiguous);

}  // namespace jest
