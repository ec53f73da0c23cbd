#pragma once
// What an arm runs under: its method and its options, each with what its name sets, NAME=VALUE.

#include <string>

#include "jest/core/error.hpp"
#include "train/arms.hpp"
#include "train/options.hpp"

namespace jest::apps::train {

template <class O>
struct ArmSetup {
  Method method;
  O options;
};

/// A parameter of a method's part, which only an arm's name can set: aced:distillation=0.5.
struct MethodOption {
  const char* name;
  const char* help;
  bool (*has)(const Method&);    ///< whether the method has the part
  bool (*set)(Method&, double);  ///< false when the number is impossible
};

/// Of all methods.
const std::vector<MethodOption>& method_options();

/// Lines for the help: which parameters arms can set by name.
std::string arms_help(bool (*knows)(const Method&));

/// Sets the option of that name; false when there is none. Throws, naming the arm, when its method
/// has no such part and when the text is no number.
bool set_method_option(const Arm& arm, const std::string& name, const std::string& value,
                       Method& method);

/// What the name of an arm says of gain, chunks or interaction counts in the place of the method's.
void leave_open(Method& method, const std::string& option);

/// Throws where the arm's name sets `option`, which its method has no use for.
void expect_no_override(const Arm& arm, const std::string& option);

/// Throws where tokens are chosen and the task's models give no loss per token.
void expect_no_tokens(const Method& method, const Arm& arm);

/// Throws on a backend by name: scores of single examples need none.
void expect_default_backend(const std::string& backend_name);

/// Puts the options of language models' alignment into a method that aligns.
void set_alignment(Method& method, double step_size, double learnability_weight,
                   std::int64_t refresh_every);

/// Throws on an option that arms cannot have, on one of another method, and on a value that is
/// none.
template <class O>
ArmSetup<O> setup_of(const Arm& arm, const O& shared) {
  ArmSetup<O> setup{arm.method, shared};
  const auto common = common_rows(O::words());
  const auto own = O::own_rows();
  std::string known;
  const auto set = [&](const auto& rows, auto& target, const auto& named) {
    for (const auto& row : rows) {
      if (!row.is(kOfArm)) continue;
      if (row.name() != named.first) {
        known += row.name() + ", ";
        continue;
      }
      if (row.set(target, named.second)) return true;
      refuse("--arms " + arm.name, named.first + "=NUMBER", named.second);
    }
    return false;
  };
  for (const auto& named : arm.overrides) {
    known.clear();
    if (set_method_option(arm, named.first, named.second, setup.method)) continue;
    if (set(common, static_cast<ExperimentOptions&>(setup.options), named) ||
        set(own, setup.options, named)) {
      leave_open(setup.method, named.first);
      continue;
    }
    for (const MethodOption& option : method_options()) known += std::string(option.name) + ", ";
    refuse("--arms " + arm.name, "options of an arm (" + known.substr(0, known.size() - 2) + ")",
           named.first);
  }
  if (setup.method.sampling.chunks) {
    setup.options.chunks = std::min(*setup.method.sampling.chunks, setup.options.count);
  }
  setup.options.apply_to(setup.method, arm);
  check_values(setup.options);
  if (setup.method.cascade) setup.options.check_cascade();
  check_method(setup.method);
  return setup;
}

}  // namespace jest::apps::train
