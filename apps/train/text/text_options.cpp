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

TextOptions::TextOptions() {
  arms = {"uniform", "independent"};
  count = 32;
  super_batch = 160;
  cascade_from = 640;
  cascade_to = 160;
  interaction = "1";  // of gradient alignment; losses have none
  learning_rate = 5e-3;
  reference_steps = 1000;
}

TaskWords TextOptions::words() { return {"safetensors of byte sequences"}; }

OptionRows<TextOptions> TextOptions::own_rows() {
  using O = TextOptions;
  const auto model = [](auto... given) { return option<O>("Models", given...); };
  const auto scoring = [](auto... given) { return option<O>("Selection", given...); };
  return {
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
      scoring("--score-prefix", &O::score_prefix,
              "Score the first so many bytes of a sequence only;\n0: all of it",
              kOfResult | kOfArm | kOfProbe, AtLeast{0}),
      scoring("--step-size", &O::step_size,
              "Step size of gradient alignment, about 1 / --count\n(its arms want a --gain of some "
              "1e4)",
              kOfResult | kOfArm, FinitePositive{}),
      scoring("--learnability-weight", &O::learnability_weight,
              "Weight of learnability in aligned-learnability", kOfResult | kOfArm,
              FiniteNotZero{}),
      scoring("--refresh-every", &O::refresh_every,
              "Steps that share a direction of gradient alignment", kOfResult | kOfArm, AtLeast{1}),
      model("--eval-rows", &O::eval_rows, "Rows of each held-out file that are used; 0: all",
            kOfResult, AtLeast{0}),
  };
}

void TextOptions::check_together() const {
  ExperimentOptions::check_together();
  expect_default_backend(backend_name);
  for (const auto& [option, states] :
       {std::pair("--hidden", hidden), std::pair("--reference-hidden", reference_hidden)}) {
    if (model != "decoder" || (heads <= states / 2 && states % (2 * heads) == 0)) continue;
    refuse(option, text("what ", heads, " heads of a decoder divide into even widths"), states);
  }
}

void TextOptions::apply_to(Method& method, const Arm& arm) {
  set_alignment(method, step_size, learnability_weight, refresh_every);
  if (method.scores()) return;
  expect_no_override(arm, "score-prefix");
  score_prefix = 0;
}

}  // namespace jest::apps::train
