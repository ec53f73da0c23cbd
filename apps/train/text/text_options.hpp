#pragma once
// The options of `jest-train text`.

#include "train/arm_setup.hpp"

namespace jest::apps::train {

struct TextOptions : ExperimentOptions {
  std::string model = "ngrams";
  std::int64_t width = 32;
  std::int64_t hidden = 128;
  std::int64_t layers = 2;
  std::int64_t heads = 4;
  std::int64_t reference_width = 32;
  std::int64_t reference_hidden = 128;
  std::int64_t score_prefix = 0;    ///< bytes that scoring sees; 0: all
  double step_size = 0.03;          ///< η of gradient alignment, about 1/b
  double learnability_weight = 1;   ///< of aligned-learnability arms
  std::int64_t refresh_every = 10;  ///< steps that share a target direction
  std::int64_t eval_rows = 1000;    ///< of each held-out set; 0: all

  TextOptions();
  static TaskWords words();
  static OptionRows<TextOptions> own_rows();
  /// Whether these models, which give losses and no embeddings, can be trained so.
  static bool knows(const Method& method) {
    return !method.cheaper_view && !method.needs_embeddings() &&
           !method.has_objective<Distilling>();
  }
  /// Throws unless the sizes of a decoder fit its heads.
  void check_together() const;
  /// Alignment's numbers go to the method. A prefix is of what is scored, not of what is trained
  /// on.
  void apply_to(Method& method, const Arm& arm);
};

}  // namespace jest::apps::train
