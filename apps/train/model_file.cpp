#include "train/model_file.hpp"

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/learner/stores.hpp"
#include "jest/torch/arrays.hpp"

namespace jest::apps::train {

void save_model(const std::filesystem::path& path, torch::nn::Module& module, Metadata metadata) {
  metadata["fingerprint"] = model_fingerprint(module);
  save_parameters(path, module, metadata);
}

bool RunFiles::finished() const { return std::filesystem::exists(model); }

void RunFiles::remove_checkpoints() const { std::filesystem::remove_all(checkpoints); }

void RunFiles::finish(torch::nn::Module& module, Metadata metadata) const {
  const auto config = metadata.find("config");
  if (config != metadata.end() && model.filename() == "model.safetensors") {
    write_file(model.parent_path() / "config.json", config->second);  // a folder for transformers
  }
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

}  // namespace jest::apps::train
