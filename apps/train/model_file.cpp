#include "train/model_file.hpp"

#include <map>

#include "jest/core/error.hpp"
#include "jest/learner/stores.hpp"
#include "jest/torch/arrays.hpp"

namespace jest::apps::train {

void save_model(const std::filesystem::path& path, torch::nn::Module& module, Metadata metadata) {
  NamedTensors tensors;
  for (const auto& item : module.named_parameters()) {
    tensors.emplace_back(item.key(), item.value());
  }
  metadata["fingerprint"] = model_fingerprint(module);
  save_tensors(path, tensors, metadata);
}

bool RunFiles::finished() const { return std::filesystem::exists(model); }

void RunFiles::remove_checkpoints() const { std::filesystem::remove_all(checkpoints); }

void RunFiles::finish(torch::nn::Module& module, Metadata metadata) const {
  save_model(model, module, std::move(metadata));
  remove_checkpoints();
}

void expect_architecture(const SafetensorsFile& file, const std::string& architecture) {
  const auto found = file.metadata().find("architecture");
  if (found == file.metadata().end() || found->second != architecture) {
    refuse("load model " + file.path().string(), text("architecture \"", architecture, "\""),
           found == file.metadata().end() ? "none" : found->second);
  }
}

void load_parameters(const SafetensorsFile& file, torch::nn::Module& module) {
  const torch::NoGradGuard no_gradient;
  const NamedTensors tensors = load_tensors(file);
  const std::map<std::string, at::Tensor> saved(tensors.begin(), tensors.end());
  for (const auto& item : module.named_parameters()) {
    const auto found = saved.find(item.key());
    if (found == saved.end() || found->second.sizes() != item.value().sizes()) {
      refuse("load model " + file.path().string(),
             text("tensor ", item.key(), " ", item.value().sizes()),
             found == saved.end() ? std::string("none of that name") : text(found->second.sizes()));
    }
    item.value().copy_(found->second);
  }
}

}  // namespace jest::apps::train
