#pragma once
// The options that models of bytes and of tokens share: what is scored of a sequence, alignment of
// gradients, how much is evaluated.

#include "train/arm_setup.hpp"
#include "train/task.hpp"

namespace jest::apps::train {

struct SequenceOptions : ExperimentOptions {
  std::int64_t score_prefix = 0;    ///< bytes or tokens that scoring sees; 0: all
  double step_size = 0.03;          ///< η of gradient alignment, about 1/b
  double learnability_weight = 1;   ///< of aligned-learnability arms
  std::int64_t refresh_every = 10;  ///< steps that share a target direction
  std::int64_t eval_rows = 1000;    ///< of each held-out set; 0: all

  SequenceOptions();
  /// Whether these models, which give losses and no embeddings, can be trained so.
  static bool knows(const Method& method) {
    return !method.cheaper_view && !method.needs_embeddings() &&
           !method.has_objective<Distilling>();
  }
  void check_together() const;
  /// Alignment's numbers go to the method. A prefix is of what is scored, not of what is trained
  /// on.
  void apply_to(Method& method, const Arm& arm);
};

/// Their rows; `scored` says what a prefix is of.
template <class O>
OptionRows<O> sequence_rows(const std::string& scored) {
  const auto scoring = [](auto... given) { return option<O>("Selection", given...); };
  return {
      scoring("--score-prefix", &O::score_prefix,
              "Score the first so many " + scored + " only;\n0: all of it",
              kOfResult | kOfArm | kOfProbe, AtLeast{0}),
      scoring("--step-size", &O::step_size,
              "Step size of gradient alignment, about 1 / --count\n(its arms want a --gain of some "
              "1e4)",
              kOfResult | kOfArm, FinitePositive{}),
      scoring("--learnability-weight", &O::learnability_weight,
              "Weight of learnability in aligned-learnability", kOfResult | kOfArm,
              FiniteNotZero{}),
      scoring("--refresh-every", &O::refresh_every,
              "Steps that share a direction of gradient alignment", kOfResult | kOfArm, AtLeast{1}),
      option<O>("Models", "--eval-rows", &O::eval_rows,
                "Rows of each held-out file that are used; 0: all", kOfResult, AtLeast{0}),
  };
}

/// What scoring sees of a batch.
template <class Batch>
Batch prefix_of(const Batch& batch, const SequenceOptions& options) {
  return options.score_prefix == 0 ? batch : batch.prefix(options.score_prefix);
}
/// Empty where it sees all.
template <class Batch>
View<Batch> prefix_view(const SequenceOptions& options) {
  if (options.score_prefix == 0) return {};
  return [prefix = options.score_prefix](const Batch& batch) { return batch.prefix(prefix); };
}
/// Of the reference's losses of that.
std::string prefix_store_name(const SequenceOptions& options);

}  // namespace jest::apps::train
