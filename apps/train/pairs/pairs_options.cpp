#include "train/pairs/pairs_options.hpp"

namespace jest::apps::train {

const Setters<PairsOptions>& PairsOptions::own_setters() {
  static const Setters<PairsOptions> kNone;
  return kNone;
}

void PairsOptions::add_to(CLI::App& command) {
  ExperimentOptions::add_to(command, "TSV of pairs (id x y [tag])", arm_names(&knows));
  const auto add = [&command](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  bias.add_to(command);
  add("--reference-width", reference_width, "Width of its features; a small reference is cheap");
  add("--reference-hidden", reference_hidden, "Width of its hidden layer");
  add("--reference-dropout", reference_dropout, "Share of features left out while it trains");
  add("--reference-negatives", reference_negatives,
      "Random pool pairs a step that it learns to reject");
}

void PairsOptions::check_numbers() const {
  ExperimentOptions::check_numbers();
  detail::option_at_least("--reference-width", 1, reference_width);
  detail::option_at_least("--reference-hidden", 1, reference_hidden);
  detail::option_at_least("--reference-negatives", 0, reference_negatives);
  detail::option_is_share("--reference-dropout", reference_dropout);
  bias.check();
}

nlohmann::ordered_json PairsOptions::identity() const {
  nlohmann::ordered_json json = ExperimentOptions::identity();
  json.update({{"bias", bias.at(count)},
               {"reference_width", reference_width},
               {"reference_hidden", reference_hidden},
               {"reference_dropout", reference_dropout},
               {"reference_negatives", reference_negatives}});
  return json;
}

}  // namespace jest::apps::train
