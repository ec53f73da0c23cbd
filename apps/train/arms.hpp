#pragma once
// The arms of an experiment: one learner each, all under the same optimizer and schedule.

#include <string>
#include <utility>
#include <vector>

#include "jest/methods/method.hpp"

namespace jest::apps::train {

enum class ArmKind {
  kMethod,
  kEqualCompute,  ///< uniform, as many steps as the joint arm's FLOPs buy
  kOracle,        ///< uniform over the pool's rows of some tags
  kCurated,       ///< uniform over the curated examples alone
  kRival,         ///< uniform over what a cheaper way makes of pool and curated examples
};

/// Options that an arm may have of its own, by name: "steps", "learning-rate" and so on.
using Overrides = std::vector<std::pair<std::string, std::string>>;

struct Arm {
  std::string name;
  Method method;
  ArmKind kind = ArmKind::kMethod;
  std::string tag = {};  ///< of kOracle: TAG, or TAG+TAG...
  Overrides overrides = {};
};

/// The methods of the literature and this program's controls.
const std::vector<Method>& all_methods();

/// Every name of an arm whose method `knows` accepts, as a user may give it.
std::vector<std::string> arm_names(bool (*knows)(const Method&));

/// An arm from its name, followed by any number of :OPTION=VALUE: NAME, one of jest::kMethods or of
/// the controls, oracle:TAG, curated, or short for uniform with options: mixed (curated-share) and
/// filter:SHARE[:mixed] (filter). Throws an error that lists the names that `knows` accepts
/// when it is neither.
Arm find_arm(const std::string& name, bool (*knows)(const Method&));

}  // namespace jest::apps::train
