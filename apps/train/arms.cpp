#include "train/arms.hpp"

#include "jest/core/error.hpp"

namespace jest {
namespace {

const Arm kArms[] = {
    {"uniform", ArmKind::kUniform, {}, Preset::kUniform, ""},
    {"uniform@equal-compute", ArmKind::kEqualCompute, {}, Preset::kUniform, ""},
    {"joint", ArmKind::kScored, kLearnability, Preset::kJoint, ""},
    {"independent", ArmKind::kScored, kLearnability, Preset::kIndependent, ""},
    {"mean-field", ArmKind::kScored, kLearnability, Preset::kMeanField, ""},
    {"easy-reference", ArmKind::kScored, kEasyReference, Preset::kJoint, ""},
    {"hard-learner", ArmKind::kScored, kHardLearner, Preset::kJoint, ""},
    {"topk", ArmKind::kScored, kLearnability, Preset::kTopK, ""},
    {"greedy", ArmKind::kScored, kLearnability, Preset::kGreedy, ""},
};

constexpr std::string_view kOraclePrefix = "oracle:";

}  // namespace

Arm find_arm(const std::string& name) {
  std::string known;
  for (const Arm& arm : kArms) {
    if (arm.name == name) return arm;
    known += arm.name + ", ";
  }
  if (name.starts_with(kOraclePrefix) && name.size() > kOraclePrefix.size()) {
    const std::string tag = name.substr(kOraclePrefix.size());
    if (tag.find('/') != tag.npos) refuse("--arms", "a tag that can name a folder", name);
    return {name, ArmKind::kOracle, {}, Preset::kUniform, tag};
  }
  refuse("--arms", "one of " + known + "oracle:TAG", name);
}

}  // namespace jest
