#include "train/arm_options.hpp"

namespace jest {
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

const Setters<ExperimentOptions>& common_setters() {
  using Options = ExperimentOptions;
  static const Setters<Options> kSetters = {
      {"cascade-from", number_setter(&Options::cascade_from)},
      {"cascade-gain", number_setter(&Options::cascade_gain)},
      {"cascade-to", number_setter(&Options::cascade_to)},
      {"chunks", number_setter(&Options::chunks)},
      {"eval-every", word_setter(&Options::evaluate_every)},
      {"gain", number_setter(&Options::gain)},
      {"interaction", word_setter(&Options::interaction)},
      {"learning-rate", number_setter(&Options::learning_rate)},
      {"steps", number_setter(&Options::steps)},
      {"super-batch", number_setter(&Options::super_batch)},
  };
  return kSetters;
}

}  // namespace jest
