#include "train/text/text_options.hpp"

#include <cmath>

namespace jest::apps::train {

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

const Setters<TextOptions>& TextOptions::own_setters() {
  static const Setters<TextOptions> kSetters = {
      {"learnability-weight", number_setter(&TextOptions::learnability_weight)},
      {"refresh-every", number_setter(&TextOptions::refresh_every)},
      {"score-prefix", number_setter(&TextOptions::score_prefix)},
      {"step-size", number_setter(&TextOptions::step_size)},
      {"tokens", number_setter(&TextOptions::tokens)}};
  return kSetters;
}

void TextOptions::add_to(CLI::App& command) {
  ExperimentOptions::add_to(command, "safetensors of byte sequences", arm_names(&knows));
  const auto add = [&command](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  add("--model", model,
      "ngrams (hashed, and a perceptron: minutes on a\nlaptop) or decoder (a "
      "transformer)");
  add("--width", width, "Width of an n-gram's embedding");
  add("--hidden", hidden, "Width of hidden layers, or of a decoder");
  add("--layers", layers, "Hidden layers, or blocks of a decoder");
  add("--heads", heads, "Heads of a decoder");
  add("--reference-width", reference_width, "--width of the reference");
  add("--reference-hidden", reference_hidden, "--hidden of the reference");
  add("--score-prefix", score_prefix,
      "Score the first so many bytes of a sequence only;\n0: all of it");
  add("--step-size", step_size,
      "Step size of gradient alignment, about 1 / --count\n(its arms want a --gain of some 1e4)");
  add("--learnability-weight", learnability_weight,
      "Weight of learnability in aligned-learnability");
  add("--refresh-every", refresh_every, "Steps that share a direction of gradient alignment");
  add("--eval-rows", eval_rows, "Rows of each held-out file that are used; 0: all");
}

void TextOptions::check_numbers() const {
  ExperimentOptions::check_numbers();
  if (model != "ngrams" && model != "decoder") refuse("--model", "ngrams or decoder", model);
  detail::option_at_least("--width", 1, width);
  detail::option_at_least("--hidden", 1, hidden);
  detail::option_at_least("--layers", 1, layers);
  detail::option_at_least("--heads", 1, heads);
  for (const auto& [option, states] :
       {std::pair("--hidden", hidden), std::pair("--reference-hidden", reference_hidden)}) {
    if (model != "decoder" || states % (2 * heads) == 0) continue;
    refuse(option, text("what ", heads, " heads of a decoder divide into even widths"), states);
  }
  if (backend_name != "default") {
    refuse("--backend", "default; scores of single examples need no other", backend_name);
  }
  detail::option_at_least("--reference-width", 1, reference_width);
  detail::option_at_least("--reference-hidden", 1, reference_hidden);
  detail::option_at_least("--score-prefix", 0, score_prefix);
  detail::option_at_least("--refresh-every", 1, refresh_every);
  if (!std::isfinite(step_size) || step_size <= 0) {
    refuse("--step-size", "a finite number above 0", step_size);
  }
  if (!std::isfinite(learnability_weight) || learnability_weight == 0) {
    refuse("--learnability-weight", "a finite number other than 0", learnability_weight);
  }
  detail::option_at_least("--eval-rows", 0, eval_rows);
}

nlohmann::ordered_json TextOptions::identity() const {
  nlohmann::ordered_json json = ExperimentOptions::identity();
  json.update({{"model", model},
               {"width", width},
               {"hidden", hidden},
               {"layers", layers},
               {"heads", heads},
               {"reference_width", reference_width},
               {"reference_hidden", reference_hidden},
               {"score_prefix", score_prefix},
               {"step_size", step_size},
               {"learnability_weight", learnability_weight},
               {"refresh_every", refresh_every},
               {"eval_rows", eval_rows}});
  return json;
}

}  // namespace jest::apps::train
