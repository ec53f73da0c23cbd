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
    {"cascade", ArmKind::kCascade, kLearnability, Preset::kJoint, ""},
    {"aligned", ArmKind::kAligned, kHardLearner, Preset::kJoint, ""},
    {"aligned-learnability", ArmKind::kAligned, kLearnability, Preset::kJoint, ""},
    {"flexi", ArmKind::kFlexi, kLearnability, Preset::kJoint, ""},
    {"greedy", ArmKind::kScored, kLearnability, Preset::kGreedy, ""},
};

constexpr std::string_view kOraclePrefix = "oracle:";

std::vector<std::string> fields_of(const std::string& name) {
  std::vector<std::string> fields(1);
  for (const char c : name) c == ':' ? void(fields.emplace_back()) : fields.back().push_back(c);
  return fields;
}

Arm named_arm(const std::string& name) {
  std::string known;
  for (const Arm& arm : kArms) {
    if (arm.name == name) return arm;
    known += arm.name + ", ";
  }
  if (name.starts_with(kOraclePrefix) && name.size() > kOraclePrefix.size()) {
    return {name, ArmKind::kOracle, {}, Preset::kUniform, name.substr(kOraclePrefix.size())};
  }
  refuse("--arms", "one of " + known + "oracle:TAG, maybe followed by :OPTION=VALUE", name);
}

}  // namespace

Arm find_arm(const std::string& name) {
  if (name.find('/') != name.npos) refuse("--arms", "a name that can name a folder", name);
  std::string base;
  Overrides overrides;
  for (const std::string& field : fields_of(name)) {
    const std::size_t equals = field.find('=');
    if (equals != field.npos) {
      overrides.emplace_back(field.substr(0, equals), field.substr(equals + 1));
    } else {
      base += (base.empty() ? "" : ":") + field;
    }
  }
  Arm arm = named_arm(base);
  arm.name = name;
  arm.overrides = std::move(overrides);
  return arm;
}

}  // namespace jest
