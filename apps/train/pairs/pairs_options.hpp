#pragma once
// The options of `jest-train pairs`.

#include "train/arm_setup.hpp"
#include "train/initial_bias.hpp"

namespace jest::apps::train {

struct PairsOptions : ExperimentOptions {
  InitialBias bias;
  std::int64_t reference_width = 128;
  std::int64_t reference_hidden = 256;
  double reference_dropout = 0;
  std::int64_t reference_negatives = 0;

  static TaskWords words();
  static OptionRows<PairsOptions> own_rows();
  /// Whether these models can be trained so.
  static bool knows(const Method& method) {
    return !method.cheaper_view && !method.needs_gradients() &&
           !method.has_objective<TokenChoice>();
  }
  void apply_to(Method& method, const Arm& arm);
};

}  // namespace jest::apps::train
