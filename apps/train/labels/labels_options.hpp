#pragma once
// The options of `jest-train labels`.

#include "train/arm_setup.hpp"

namespace jest::apps::train {

struct LabelsOptions : ExperimentOptions {
  std::int64_t channels = 16;
  std::int64_t hidden = 128;
  std::int64_t reference_channels = 8;
  std::int64_t reference_hidden = 64;

  LabelsOptions();
  static TaskWords words();
  static OptionRows<LabelsOptions> own_rows();
  /// Whether these models, which give losses and no embeddings, can be trained so.
  static bool knows(const Method& method) {
    return !method.cheaper_view && !method.needs_embeddings() && !method.needs_gradients() &&
           !method.has_objective<Distilling>() && !method.has_objective<TokenChoice>();
  }
  /// Throws on a backend by name: losses need none.
  void check_together() const;
  void apply_to(Method& method, const Arm& arm);
};

}  // namespace jest::apps::train
