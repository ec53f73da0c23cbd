// The options that an arm may have of its own.
#include <functional>
#include <map>

#include "jest/core/error.hpp"
#include "train/pairs_options.hpp"
#include "train/parse_whole.hpp"

namespace jest {
namespace {

using Setter = std::function<bool(PairsOptions&, const std::string&)>;

template <class Value>
Setter number(Value PairsOptions::*option) {
  return [option](PairsOptions& options, const std::string& value) {
    return parse_whole(value, options.*option);
  };
}

/// Checked with all the others.
Setter word(std::string PairsOptions::*option) {
  return [option](PairsOptions& options, const std::string& value) {
    options.*option = value;
    return true;
  };
}

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> kSetters = {
      {"cascade-from", number(&PairsOptions::cascade_from)},
      {"cascade-gain", number(&PairsOptions::cascade_gain)},
      {"cascade-to", number(&PairsOptions::cascade_to)},
      {"chunks", number(&PairsOptions::chunks)},
      {"eval-every", word(&PairsOptions::evaluate_every)},
      {"gain", number(&PairsOptions::gain)},
      {"interaction", word(&PairsOptions::interaction)},
      {"learning-rate", number(&PairsOptions::learning_rate)},
      {"steps", number(&PairsOptions::steps)},
      {"super-batch", number(&PairsOptions::super_batch)},
  };
  return kSetters;
}

}  // namespace

PairsOptions options_of(const Arm& arm, const PairsOptions& shared) {
  PairsOptions options = shared;
  for (const auto& [name, value] : arm.overrides) {
    const auto setter = setters().find(name);
    if (setter == setters().end()) {
      std::string known;
      for (const auto& [key, set] : setters()) known += (known.empty() ? "" : ", ") + key;
      refuse("--arms " + arm.name, "options of an arm (" + known + ")", name);
    }
    if (!setter->second(options, value)) refuse("--arms " + arm.name, name + "=NUMBER", value);
  }
  options.interaction_schedule();
  return options;
}

}  // namespace jest
