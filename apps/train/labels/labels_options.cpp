// Rows of the options that labelled images have of their own.

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

TaskWords LabelsOptions::words() { return {"safetensors of labelled images"}; }

OptionRows<LabelsOptions> LabelsOptions::own_rows() {
  using O = LabelsOptions;
  const auto row = [](auto... given) { return option<O>("Models", given...); };
  return {
      row("--channels", &O::channels, "Channels of the first convolution", kOfResult, AtLeast{1}),
      row("--hidden", &O::hidden, "Width of the hidden layer", kOfResult, AtLeast{1}),
      row("--reference-channels", &O::reference_channels, "--channels of the reference", kOfResult,
          AtLeast{1}),
      row("--reference-hidden", &O::reference_hidden, "--hidden of the reference", kOfResult,
          AtLeast{1}),
  };
}

void LabelsOptions::check_together() const {
  ExperimentOptions::check_together();
  expect_default_backend(backend_name);
}

void LabelsOptions::apply_to(Method& method, const Arm& arm) { expect_no_tokens(method, arm); }

}  // namespace jest::apps::train
