#include "train/arm_options.hpp"

namespace jest::apps::train {
namespace {

/// Checked with all the others.
std::function<bool(ExperimentOptions&, const std::string&)> word_setter(
    std::string ExperimentOptions::*option) {
  return [option](ExperimentOptions& options, const std::string& value) {
    options.*option = value;
    return true;
  };
}

}  // namespace

void check_used(const Arm& arm) {
  const Method& method = arm.method;
  const std::map<std::string, bool> of_methods = {
      {"distillation", method.trained_by == TrainedBy::kDistillation},
      {"diversity", method.criterion == Criterion::kDiversity},
      {"half-resolution", method.seen_as == SeenAs::kCheaper},
      {"rank-power", method.criterion == Criterion::kLossRanks},
      {"score-prefix", method.scores()},
      {"temperature", method.trained_by == TrainedBy::kReferenceWeights},
      {"tokens", method.trained_by == TrainedBy::kOwnLoss ||
                     method.trained_by == TrainedBy::kLearnableTokens}};
  for (const auto& [name, value] : arm.overrides) {
    const auto found = of_methods.find(name);
    if (found == of_methods.end() || found->second) continue;
    refuse("--arms " + arm.name, "options that this method has", name);
  }
}

void set_by_method(ExperimentOptions& options, const Method& method) {
  if (method.chunks) options.chunks = std::min(*method.chunks, options.count);
  if (method.gain) options.gain = *method.gain;
  constexpr double kKeptTokens = 0.6;  // as published
  if (method.trained_by == TrainedBy::kLearnableTokens) options.tokens = kKeptTokens;
  if (method.interaction) {
    options.interaction = text(method.interaction->value, "@", method.interaction->start);
  }
}

const Setters<ExperimentOptions>& common_setters() {
  using Options = ExperimentOptions;
  static const Setters<Options> kSetters = {
      {"cascade-from", number_setter(&Options::cascade_from)},
      {"cascade-gain", number_setter(&Options::cascade_gain)},
      {"cascade-to", number_setter(&Options::cascade_to)},
      {"chunks", number_setter(&Options::chunks)},
      {"count", number_setter(&Options::count)},
      {"distillation", number_setter(&Options::distillation)},
      {"diversity", number_setter(&Options::diversity)},
      {"eval-every", word_setter(&Options::evaluate_every)},
      {"gain", number_setter(&Options::gain)},
      {"interaction", word_setter(&Options::interaction)},
      {"learning-rate", number_setter(&Options::learning_rate)},
      {"rank-power", number_setter(&Options::rank_power)},
      {"steps", number_setter(&Options::steps)},
      {"super-batch", number_setter(&Options::super_batch)},
      {"temperature", number_setter(&Options::temperature)},
  };
  return kSetters;
}

}  // namespace jest::apps::train
