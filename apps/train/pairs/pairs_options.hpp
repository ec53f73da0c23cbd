#pragma once
// The options of `jest-train pairs`.

#include "train/arm_options.hpp"
#include "train/initial_bias.hpp"

namespace jest::apps::train {

struct PairsOptions : ExperimentOptions {
  InitialBias bias;
  std::int64_t reference_width = 128;
  std::int64_t reference_hidden = 256;
  double reference_dropout = 0;
  std::int64_t reference_negatives = 0;

  static const Setters<PairsOptions>& own_setters();
  /// Whether these models can be trained so.
  static bool knows(const Method& method) {
    return method.seen_as == SeenAs::kWhole && method.criterion != Criterion::kGradients &&
           method.trained_by != TrainedBy::kLearnableTokens;
  }

  void add_to(CLI::App& command);
  void check_numbers() const;
  nlohmann::ordered_json identity() const;
};

}  // namespace jest::apps::train
