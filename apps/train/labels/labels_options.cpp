#include "train/labels/labels_options.hpp"

namespace jest::apps::train {

LabelsOptions::LabelsOptions() {
  arms = {"uniform", "independent"};
  super_batch = 1280;
  cascade_from = 5120;
  cascade_to = 640;
  learning_rate = 1e-3;
  reference_steps = 500;
}

const Setters<LabelsOptions>& LabelsOptions::own_setters() {
  static const Setters<LabelsOptions> kSetters;
  return kSetters;
}

void LabelsOptions::add_to(CLI::App& command) {
  ExperimentOptions::add_to(command, "safetensors of labelled images", arm_names(&knows));
  const auto add = [&command](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  add("--channels", channels, "Channels of the first convolution");
  add("--hidden", hidden, "Width of the hidden layer");
  add("--reference-channels", reference_channels, "--channels of the reference");
  add("--reference-hidden", reference_hidden, "--hidden of the reference");
}

void LabelsOptions::check_numbers() const {
  ExperimentOptions::check_numbers();
  detail::option_at_least("--channels", 1, channels);
  detail::option_at_least("--hidden", 1, hidden);
  detail::option_at_least("--reference-channels", 1, reference_channels);
  detail::option_at_least("--reference-hidden", 1, reference_hidden);
  if (backend_name != "default") {
    refuse("--backend", "default; scores of single examples need no other", backend_name);
  }
}

nlohmann::ordered_json LabelsOptions::identity() const {
  nlohmann::ordered_json json = ExperimentOptions::identity();
  json.update({{"channels", channels},
               {"hidden", hidden},
               {"reference_channels", reference_channels},
               {"reference_hidden", reference_hidden}});
  return json;
}

}  // namespace jest::apps::train
