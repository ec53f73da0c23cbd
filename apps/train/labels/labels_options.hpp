#pragma once
// The options of `jest-train labels`.

#include "train/arm_options.hpp"

namespace jest::apps::train {

struct LabelsOptions : ExperimentOptions {
  std::int64_t channels = 16;
  std::int64_t hidden = 128;
  std::int64_t reference_channels = 8;
  std::int64_t reference_hidden = 64;

  LabelsOptions();
  static const Setters<LabelsOptions>& own_setters();
  /// Whether these models, which give losses and no embeddings, can be trained so.
  static bool knows(const Method& method) {
    return method.seen_as == SeenAs::kWhole && method.criterion != Criterion::kDiversity &&
           method.criterion != Criterion::kGradients &&
           method.trained_by != TrainedBy::kDistillation &&
           method.trained_by != TrainedBy::kLearnableTokens;
  }

  void add_to(CLI::App& command);
  void check_numbers() const;
  nlohmann::ordered_json identity() const;
};

}  // namespace jest::apps::train
