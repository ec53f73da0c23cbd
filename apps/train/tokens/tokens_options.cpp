// Rows of the options that models of tokens have of their own.

#include "train/tokens/tokens_options.hpp"

#include "input_file.hpp"

namespace jest::apps::train {
namespace {

struct AType {
  void operator()(const std::string& flag, const std::string& type) const {
    if (type != "u16" && type != "u32") refuse(flag, "u16 or u32", type);
  }
};

struct AModel {
  void operator()(const std::string& flag, const std::string& name) const {
    parse_model_name(flag, name);
  }
};

struct AFile {
  void operator()(const std::string& flag, const std::filesystem::path& path) const {
    if (!path.empty()) expect_file(flag, path);
  }
};

}  // namespace

ModelName parse_model_name(const std::string& option, const std::string& name) {
  const std::size_t colon = name.find(':');
  const std::string shape = name.substr(0, colon);
  if (shape != "llama" && shape != "gpt2") {
    refuse(option, "llama, gpt2, llama:FOLDER or gpt2:FOLDER", name);
  }
  ModelName parsed;
  if (shape == "gpt2") parsed.shape = DecoderShape::kGpt2;
  if (colon == name.npos) return parsed;
  parsed.folder = name.substr(colon + 1);
  if (!std::filesystem::is_directory(parsed.folder)) {
    refuse(option, "a folder with config.json and model.safetensors", name.substr(colon + 1));
  }
  return parsed;
}

TokensOptions::TokensOptions() {
  learning_rate = 1e-3;
  clip_norm = 1;
  weight_decay = 0.1;
  eval_rows = 500;
}

TaskWords TokensOptions::words() {
  return {.rows = ".bin of tokens (nanoGPT, llm.c), or\na folder of them",
          .folders = true,
          .counted = {"tokens"}};
}

OptionRows<TokensOptions> TokensOptions::own_rows() {
  using O = TokensOptions;
  const auto data = [](auto... given) { return option<O>("Data", given...); };
  const auto model = [](auto... given) { return option<O>("Models", given...); };
  OptionRows<O> rows = {
      data("--length", &O::length, "L: tokens that a row predicts at most", kOfResult | kOfProbe,
           AtLeast{1}),
      data("--document-end", &O::document_end,
           "Token between documents: rows are documents, cut\nat --length; -1: windows",
           kOfResult | kOfProbe, AtLeast{-1}),
      data("--token-type", &O::token_type, "Of a .bin without llm.c's header: u16 or u32",
           kOfResult | kOfProbe, AType{}),
      data("--tokenizer", &O::tokenizer,
           "A tokenizer.json: bits per byte, and texts in the\nreport", kOfProbe, AFile{}),
      model("--model", &O::model,
            "llama or gpt2, of the sizes below; or\nllama:FOLDER, gpt2:FOLDER: config.json and\n"
            "safetensors of Hugging Face's",
            kOfResult | kOfProbe, AModel{}),
      model("--vocabulary", &O::vocabulary, "V; 0: as many as the tokens need",
            kOfResult | kOfProbe, AtLeast{0}),
      model("--hidden", &O::hidden, "Width of a model from scratch", kOfResult | kOfProbe,
            AtLeast{1}),
      model("--layers", &O::layers, "Its blocks", kOfResult | kOfProbe, AtLeast{1}),
      model("--heads", &O::heads, "Its heads", kOfResult | kOfProbe, AtLeast{1}),
      model("--key-heads", &O::key_heads, "Heads of keys and values; 0: as many as --heads",
            kOfResult | kOfProbe, AtLeast{0}),
      model("--reference-hidden", &O::reference_hidden,
            "--hidden of a reference from scratch; 0: the same", kOfResult | kOfProbe, AtLeast{0}),
      model("--reference-layers", &O::reference_layers, "--layers of it; 0: the same",
            kOfResult | kOfProbe, AtLeast{0}),
  };
  for (auto& row : sequence_rows<O>("tokens of a row")) rows.push_back(std::move(row));
  return rows;
}

void TokensOptions::check_together() const {
  SequenceOptions::check_together();
  if (score_prefix > length) {
    refuse("--score-prefix", text("at most --length ", length), score_prefix);
  }
}

}  // namespace jest::apps::train
