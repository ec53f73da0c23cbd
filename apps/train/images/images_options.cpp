#include "train/images/images_options.hpp"

namespace jest::apps::train {

const Setters<ImagesOptions>& ImagesOptions::own_setters() {
  static const Setters<ImagesOptions> kSetters = {
      {"half-resolution", number_setter(&ImagesOptions::half_resolution)}};
  return kSetters;
}

void ImagesOptions::add_to(CLI::App& command) {
  ExperimentOptions::add_to(command, "safetensors of named images", arm_names(&knows));
  const auto add = [&command](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  bias.add_to(command);
  add("--channels", channels, "Channels of the first convolution");
  add("--hidden", hidden, "Width of the hidden layer");
  add("--reference-channels", reference_channels, "--channels of the reference");
  add("--reference-hidden", reference_hidden, "--hidden of the reference");
  add("--half-resolution", half_resolution,
      "Share of a flexi arm's batch that trains at half\nthe resolution");
  add("--eval-rows", eval_rows, "Names of each held-out file that are used; 0: all");
}

void ImagesOptions::check_numbers() const {
  ExperimentOptions::check_numbers();
  bias.check();
  detail::option_at_least("--channels", 1, channels);
  detail::option_at_least("--hidden", 1, hidden);
  detail::option_at_least("--reference-channels", 1, reference_channels);
  detail::option_at_least("--reference-hidden", 1, reference_hidden);
  if (!(half_resolution >= 0 && half_resolution <= 1)) {
    refuse("--half-resolution", "a share from 0 to 1", half_resolution);
  }
  detail::option_at_least("--eval-rows", 0, eval_rows);
  if (eval_rows == 1) refuse("--eval-rows", "0, or at least 2 to choose from", eval_rows);
}

nlohmann::ordered_json ImagesOptions::identity() const {
  nlohmann::ordered_json json = ExperimentOptions::identity();
  json.update({{"bias", bias.at(count)},
               {"channels", channels},
               {"hidden", hidden},
               {"reference_channels", reference_channels},
               {"reference_hidden", reference_hidden},
               {"half_resolution", half_resolution},
               {"eval_rows", eval_rows}});
  return json;
}

}  // namespace jest::apps::train
