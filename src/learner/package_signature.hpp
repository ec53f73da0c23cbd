#pragma once
// What the calls of a package take: dtypes and sizes of its inputs.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace jest {

/// A size that varies between calls; inputs that name the same one have the same one.
struct PackageSize {
  std::int64_t least = 0;
  std::optional<std::int64_t> most;
};

/// What a call may give: a dtype an input, and sizes as numbers or names of `sizes`.
struct PackageSignature {
  struct Input {
    std::string dtype;
    std::vector<std::variant<std::int64_t, std::string>> shape;
  };
  std::vector<Input> inputs;
  std::map<std::string, PackageSize> sizes;
};

inline constexpr const char* kBatch = "n";  ///< the name of the first size of every input

/// Of the JSON that python/export_guide.py writes; throws, naming `operation`, on any other.
PackageSignature parse_signature(const std::string& json, const std::string& operation);

/// Whether the inputs of a call are what the signature says.
bool fits(const PackageSignature& signature, const std::vector<at::Tensor>& tensors);

/// "int64 [n, s27], ... with n >= 1, 2 <= s27 <= 512".
std::string describe_signature(const PackageSignature& signature);
std::string describe_tensors(const std::vector<at::Tensor>& tensors);

}  // namespace jest
