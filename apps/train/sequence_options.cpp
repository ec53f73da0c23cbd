// Defaults and checks of the options that models of sequences share.

#include "train/sequence_options.hpp"

namespace jest::apps::train {

SequenceOptions::SequenceOptions() {
  arms = {"uniform", "independent"};
  count = 32;
  super_batch = 160;
  cascade_from = 640;
  cascade_to = 160;
  interaction = "1";  // of gradient alignment; losses have none
  reference_steps = 1000;
}

void SequenceOptions::check_together() const {
  ExperimentOptions::check_together();
  expect_default_backend(backend_name);
}

void SequenceOptions::apply_to(Method& method, const Arm& arm) {
  set_alignment(method, step_size, learnability_weight, refresh_every);
  if (method.scores()) return;
  expect_no_override(arm, "score-prefix");
  score_prefix = 0;
}

std::string prefix_store_name(const SequenceOptions& options) {
  const std::string name = "reference_losses";
  return options.score_prefix == 0 ? name : text(name, "_", options.score_prefix);
}

}  // namespace jest::apps::train
