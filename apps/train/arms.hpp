#pragma once
// The arms of an experiment: one learner each, all under the same optimizer and schedule.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jest/core/score.hpp"
#include "jest/select/selection.hpp"

namespace jest {

enum class ArmKind {
  kUniform,
  kEqualCompute,  ///< uniform, as many steps as the joint arm's FLOPs buy
  kOracle,        ///< uniform over the pool's rows of some tags
  kScored,
  kCascade,  ///< scored, after a first stage by the reference's cached losses
  kAligned,  ///< scored by gradient alignment
  kFlexi,    ///< scored at half resolution, at which half of each batch is trained on, too
};

/// Options that an arm may have of its own, by name: "steps", "learning-rate" and so on.
using Overrides = std::vector<std::pair<std::string, std::string>>;

struct Arm {
  std::string name;
  ArmKind kind = ArmKind::kScored;
  ScoreWeights score = kLearnability;
  Preset preset = Preset::kJoint;
  std::string tag;  ///< of kOracle: TAG, or TAG+TAG...
  Overrides overrides = {};

  bool scores() const { return kind >= ArmKind::kScored; }
};

/// An arm from its name, NAME or oracle:TAG, followed by any number of :OPTION=VALUE. Throws an
/// error that lists the arms when there is none of that name.
Arm find_arm(const std::string& name);

}  // namespace jest
