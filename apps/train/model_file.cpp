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

namespace {

using Tensors = torch::OrderedDict<std::string, at::Tensor>;

std::string words_of(const std::string& name, const at::Tensor& tensor) {
  return text(name, " ", tensor.sizes());
}

void copy_tensors(const std::string& operation, const Tensors& from, const Tensors& to) {
  for (const auto& item : to) {
    const at::Tensor* found = from.find(item.key());
    if (!found) refuse(operation, words_of(item.key(), item.value()), "none of that name");
    if (found->sizes() != item.value().sizes()) {
      refuse(operation, words_of(item.key(), item.value()), found->sizes());
    }
    item.value().copy_(*found);
  }
  if (from.size() != to.size()) {
    refuse(operation, text(to.size(), " tensors as in the learner"), from.size());
  }
}

}  // namespace

void copy_values(const std::string& operation, const torch::nn::Module& from,
                 torch::nn::Module& to) {
  const torch::NoGradGuard no_gradients;
  copy_tensors(operation, from.named_parameters(), to.named_parameters());
  copy_tensors(operation, from.named_buffers(), to.named_buffers());
}

void expect_architecture(const SafetensorsFile& file, const std::string& architecture) {
  const auto found = file.metadata().find("architecture");
  if (found == file.metadata().end() || found->second != architecture) {
    refuse("load model " + file.path().string(), text("architecture \"", architecture, "\""),
           found == file.metadata().end() ? "none" : found->second);
  }
}

}  // namespace jest::apps::train
