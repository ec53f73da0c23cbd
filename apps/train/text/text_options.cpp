// Rows of the options that language models have of their own.

#include "train/text/text_options.hpp"

namespace jest::apps::train {
namespace {

struct OneOfModels {
  void operator()(const std::string& flag, const std::string& model) const {
    if (model != "ngrams" && model != "decoder") refuse(flag, "ngrams or decoder", model);
  }
};

}  // namespace

TextOptions::TextOptions() { learning_rate = 5e-3; }

TaskWords TextOptions::words() {
  return {.rows = "safetensors of byte sequences", .counted = {"bytes", "words"}};
}

OptionRows<TextOptions> TextOptions::own_rows() {
  using O = TextOptions;
  const auto model = [](auto... given) { return option<O>("Models", given...); };
  OptionRows<O> rows = {
      model("--model", &O::model,
            "ngrams (hashed, and a perceptron: minutes on a\nlaptop) or decoder (a transformer)",
            kOfResult | kOfProbe, OneOfModels{}),
      model("--width", &O::width, "Width of an n-gram's embedding", kOfResult, AtLeast{1}),
      model("--hidden", &O::hidden, "Width of hidden layers, or of a decoder", kOfResult,
            AtLeast{1}),
      model("--layers", &O::layers, "Hidden layers, or blocks of a decoder", kOfResult | kOfProbe,
            AtLeast{1}),
      model("--heads", &O::heads, "Heads of a decoder", kOfResult | kOfProbe, AtLeast{1}),
      model("--reference-width", &O::reference_width, "--width of the reference",
            kOfResult | kOfProbe, AtLeast{1}),
      model("--reference-hidden", &O::reference_hidden, "--hidden of the reference",
            kOfResult | kOfProbe, AtLeast{1}),
  };
  for (auto& row : sequence_rows<O>("bytes of a sequence")) rows.push_back(std::move(row));
  return rows;
}

void TextOptions::check_together() const {
  SequenceOptions::check_together();
  for (const auto& [option, states] :
       {std::pair("--hidden", hidden), std::pair("--reference-hidden", reference_hidden)}) {
    if (model != "decoder" || (heads <= states / 2 && states % (2 * heads) == 0)) continue;
    refuse(option, text("what ", heads, " heads of a decoder divide into even widths"), states);
  }
}

}  // namespace jest::apps::train
