#pragma once
// The arms of an experiment: one learner each, all under the same optimizer and schedule.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "jest/methods/method.hpp"

namespace jest::apps::train {

enum class ArmKind {
  kMethod,
  kEqualCompute,  ///< uniform, as many steps as the joint arm's FLOPs buy
  kOracle,        ///< uniform over the pool's rows of some tags
};

/// Options that an arm may have of its own, by name: "steps", "learning-rate" and so on.
using Overrides = std::vector<std::pair<std::string, std::string>>;

struct Arm {
  std::string name;
  Method method;
  ArmKind kind = ArmKind::kMethod;
  std::string tag = {};  ///< of kOracle: TAG, or TAG+TAG...
  Overrides overrides = {};

  bool has_first_stage() const { return method.first_stage != FirstStage::kNone; }
  bool sees_cheaper() const { return method.seen_as == SeenAs::kCheaper; }
  bool has_proxy() const { return method.scored_by == ScoredBy::kOnlineProxy; }
  bool aligns() const { return method.criterion == Criterion::kGradients; }
};

/// Every name of an arm whose method `knows` accepts, as a user may give it.
std::vector<std::string> arm_names(const std::function<bool(const Method&)>& knows);

/// An arm from its name, NAME or oracle:TAG, followed by any number of :OPTION=VALUE. NAME is one
/// of jest::kMethods or of the controls. Throws an error that lists them when it is neither.
Arm find_arm(const std::string& name);

}  // namespace jest::apps::train
