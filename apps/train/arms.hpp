#pragma once
// The arms of an experiment: one learner each, all under the same optimizer and schedule.

#include <string>
#include <string_view>

#include "jest/core/score.hpp"
#include "jest/select/selection.hpp"

namespace jest {

enum class ArmKind {
  kUniform,
  kEqualCompute,  ///< uniform, as many steps as the joint arm's FLOPs buy
  kOracle,        ///< uniform over the pool's rows of one tag
  kScored,
};

struct Arm {
  std::string name;
  ArmKind kind = ArmKind::kScored;
  ScoreWeights score = kLearnability;
  Preset preset = Preset::kJoint;
  std::string tag;  ///< of kOracle
};

/// Throws an error that lists the arms when there is none of that name.
Arm find_arm(const std::string& name);

}  // namespace jest
