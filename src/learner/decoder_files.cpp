// Decoders from and to folders of Hugging Face's, and files of runs.

#include <torch/torch.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "jest/io/atomic_file.hpp"
#include "jest/learner/decoder.hpp"
#include "jest/torch/arrays.hpp"

namespace jest {
namespace {

constexpr const char* kArchitecture = "jest decoder 1";
constexpr const char* kWeights = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kConfig = "config.json";
constexpr const char* kOutput = "lm_head.weight";

/// Names of files, each once, that an index says.
std::set<std::string> indexed_files(const std::filesystem::path& index) {
  const auto json = nlohmann::json::parse(read_file(index), nullptr, /*allow_exceptions=*/false);
  std::set<std::string> names;
  if (json.is_object() && json.contains("weight_map") && json["weight_map"].is_object()) {
    for (const auto& [tensor, file] : json["weight_map"].items()) {
      const std::string name = file.is_string() ? file.get<std::string>() : "";
      if (name.empty() || name.find('/') != name.npos) {
        refuse("read " + index.string(), "names of files beside it", file.dump());
      }
      names.insert(name);
    }
  }
  if (names.empty()) refuse("read " + index.string(), "an object weight_map of files", "none");
  return names;
}

std::vector<SafetensorsFile> weights_of(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / kIndex)) return {SafetensorsFile(folder / kWeights)};
  std::vector<SafetensorsFile> files;
  for (const std::string& name : indexed_files(folder / kIndex)) files.emplace_back(folder / name);
  return files;
}

/// Masks and frequencies that older files hold beside the weights.
bool is_constant(const std::string& name) {
  return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") ||
         name.ends_with("rotary_emb.inv_freq");
}

const ArrayView* find_array(const std::vector<SafetensorsFile>& files, const std::string& name) {
  for (const SafetensorsFile& file : files) {
    if (file.has(name)) return &file.arrays().at(name);
  }
  return nullptr;
}

/// A tied output layer that stands in a file must be what it is tied to.
void expect_tied(const std::vector<SafetensorsFile>& files, const std::string& table) {
  const ArrayView* output = find_array(files, kOutput);
  const ArrayView* tokens = find_array(files, table);
  if (!output || !tokens) return;
  if (output->dtype == tokens->dtype && std::ranges::equal(output->bytes, tokens->bytes)) return;
  refuse("load model " + files.front().path().string(),
         text(kOutput, " equal to ", table, ", as tie_word_embeddings says"), "another");
}

/// No memory is taken for a config that asks for much more than there is.
void expect_parameters(const std::vector<SafetensorsFile>& files, const DecoderSpec& spec) {
  double there = 0;
  for (const SafetensorsFile& file : files) {
    for (const auto& [name, array] : file.arrays()) there += static_cast<double>(array.elements());
  }
  constexpr double kFar = 16;
  if (parameters_of(spec) <= kFar * there) return;
  refuse("load model " + files.front().path().string(),
         text("about the ", parameters_of(spec), " parameters of its config"), there);
}

Decoder filled(const std::vector<SafetensorsFile>& files, const DecoderSpec& spec) {
  expect_parameters(files, spec);
  Decoder model(spec);
  const bool llama = spec.shape == DecoderShape::kLlama;
  const std::string trunk = llama ? "model" : "transformer";
  const std::string table = llama ? "embed_tokens.weight" : "wte.weight";
  if (spec.tied && find_array(files, table)) {  // the files of a model without an output layer
    load_parameters(files, *(*model).named_children()[trunk], is_constant);
    return model;
  }
  if (spec.tied) expect_tied(files, trunk + "." + table);
  load_parameters(files, *model, [&](const std::string& name) {
    return is_constant(name) || (spec.tied && name == kOutput);
  });
  return model;
}

}  // namespace

Metadata Decoder::metadata() const {
  return {{"architecture", kArchitecture}, {"format", "pt"}, {"config", decoder_config(spec())}};
}

Decoder load_decoder(const std::filesystem::path& folder) {
  const std::filesystem::path config = folder / kConfig;
  return filled(weights_of(folder), parse_decoder_config(read_file(config), config.string()));
}

Decoder load_decoder(const SafetensorsFile& file) {
  const auto said = [&](const char* key) {
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? std::string("none") : found->second;
  };
  const std::string name = file.path().string();
  if (said("architecture") != kArchitecture) {
    refuse("load model " + name, text("architecture \"", kArchitecture, "\""),
           said("architecture"));
  }
  return filled({file}, parse_decoder_config(said("config"), name + ", metadata config"));
}

void save_decoder(const std::filesystem::path& folder, const Decoder& model) {
  std::filesystem::create_directories(folder);
  save_parameters(folder / kWeights, *model, model->metadata());
  write_file(folder / kConfig, decoder_config(model->spec()));
}

}  // namespace jest
