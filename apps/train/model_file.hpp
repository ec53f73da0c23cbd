#pragma once
// Trained models in safetensors files: parameters by name, and what architecture they are of.

#include <torch/torch.h>

#include <filesystem>
#include <string>

#include "jest/io/safetensors.hpp"
#include "jest/torch/arrays.hpp"
#include "jest/torch/device.hpp"

namespace jest::apps::train {

/// Writes all parameters; a fingerprint is added to `metadata`, which holds "architecture".
void save_model(const std::filesystem::path& path, torch::nn::Module& module, Metadata metadata);

/// A run in training: what it leaves, and what it only needs until then.
struct RunFiles {
  std::filesystem::path model;
  std::filesystem::path checkpoints;  ///< three times the size of the model

  /// Whether the run has left its model.
  bool finished() const;
  /// A finished run needs none; a crash can leave some beside its model.
  void remove_checkpoints() const;
  /// save_model, and config.json beside an arm's model that has one; then the checkpoints go.
  void finish(torch::nn::Module& module, Metadata metadata) const;
};

/// Gives `to` the values of `from`. Throws, naming `operation`, unless both have the same
/// parameters and buffers: names and shapes.
void copy_values(const std::string& operation, const torch::nn::Module& from,
                 torch::nn::Module& to);

/// Throws unless the file says that it is of `architecture`.
void expect_architecture(const SafetensorsFile& file, const std::string& architecture);

/// A model's handle, its parameters moved to the device of that name; they keep their values.
template <class Model>
Model moved_to(const std::string& device, Model model) {
  model->to(find_device(device));
  return model;
}

}  // namespace jest::apps::train
