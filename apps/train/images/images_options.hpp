#pragma once
// The options of `jest-train images`.

#include "train/arm_options.hpp"
#include "train/initial_bias.hpp"

namespace jest::apps::train {

struct ImagesOptions : ExperimentOptions {
  InitialBias bias;
  std::int64_t channels = 16;
  std::int64_t hidden = 256;
  std::int64_t reference_channels = 16;
  std::int64_t reference_hidden = 256;
  double half_resolution = 0.5;   ///< share of a flexi batch that trains at half resolution
  std::int64_t eval_rows = 1000;  ///< distinct names of each held-out set; 0: all

  static const Setters<ImagesOptions>& own_setters();
  /// Whether these models can be trained so.
  static bool knows(const Method& method) {
    return method.criterion != Criterion::kGradients &&
           method.trained_by != TrainedBy::kLearnableTokens;
  }

  void add_to(CLI::App& command);
  void check_numbers() const;
  nlohmann::ordered_json identity() const;
};

}  // namespace jest::apps::train
