#pragma once
// Trained models in safetensors files: parameters by name, and what architecture they are of.

#include <torch/torch.h>

#include <filesystem>
#include <string>

#include "jest/io/safetensors.hpp"

namespace jest {

/// Writes all parameters; a fingerprint is added to `metadata`, which holds "architecture".
void save_model(const std::filesystem::path& path, torch::nn::Module& module, Metadata metadata);

/// Throws unless the file says that it is of `architecture`.
void expect_architecture(const SafetensorsFile& file, const std::string& architecture);

/// Fills every parameter of `module`; throws when one is missing or of another shape.
void load_parameters(const SafetensorsFile& file, torch::nn::Module& module);

}  // namespace jest
