#pragma once
// The options that an arm may have of its own, NAME=VALUE in its name.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "jest/core/error.hpp"
#include "parse_whole.hpp"
#include "train/options.hpp"

namespace jest::apps::train {

/// Sets one option from its text; false when that is no value of it.
template <class Options>
using Setters = std::map<std::string, std::function<bool(Options&, const std::string&)>>;

template <class Options, class Value>
std::function<bool(Options&, const std::string&)> number_setter(Value Options::*option) {
  return [option](Options& options, const std::string& value) {
    return parse_whole(value, options.*option);
  };
}

/// Those of every task.
const Setters<ExperimentOptions>& common_setters();

/// What the method itself says.
void set_by_method(ExperimentOptions& options, const Method& method);

/// Throws on an option of another method.
void check_used(const Arm& arm);

/// What an arm runs under: its own options in the place of its method's, and those in the place of
/// what all arms share. Throws on an option that arms cannot have, and on a value that is none.
/// `Options::own_setters()` are those of its task.
template <class Options>
Options options_of(const Arm& arm, const Options& shared) {
  Options options = shared;
  check_used(arm);
  set_by_method(options, arm.method);
  const auto apply = [&](const auto& setters, auto& target, const auto& named) {
    const auto setter = setters.find(named.first);
    if (setter == setters.end()) return false;
    if (setter->second(target, named.second)) return true;
    refuse("--arms " + arm.name, named.first + "=NUMBER", named.second);
  };
  for (const auto& named : arm.overrides) {
    ExperimentOptions& common = options;
    if (apply(common_setters(), common, named)) continue;
    if (apply(Options::own_setters(), options, named)) continue;
    std::string known;
    for (const auto& [name, set] : common_setters()) known += (known.empty() ? "" : ", ") + name;
    for (const auto& [name, set] : Options::own_setters()) known += ", " + name;
    refuse("--arms " + arm.name, "options of an arm (" + known + ")", named.first);
  }
  options.leave_out_unused(arm.method);
  options.check_numbers();
  if (arm.has_first_stage()) options.check_cascade();
  return options;
}

}  // namespace jest::apps::train
