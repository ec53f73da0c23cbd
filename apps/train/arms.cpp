#include "train/arms.hpp"

#include "jest/core/error.hpp"
#include "jest/methods/methods.hpp"

namespace jest::apps::train {
namespace {

/// What no paper proposed: variations that separate one part of a method from the others.
constexpr Method kControls[] = {
    {.name = "joint"},
    {.name = "independent", .sampler = Preset::kIndependent},
    {.name = "mean-field", .sampler = Preset::kMeanField},
    {.name = "easy-reference", .score = kEasyReference},
    {.name = "hard-learner", .score = kHardLearner},
    {.name = "topk", .sampler = Preset::kTopK},
    {.name = "greedy", .sampler = Preset::kGreedy},
    {.name = "aligned", .criterion = Criterion::kGradients, .score = kHardLearner},
    {.name = "aligned-learnability", .criterion = Criterion::kGradients},
    {.name = "flexi", .seen_as = SeenAs::kCheaper, .reference_source = ReferenceSource::kCached},
    {.name = "flexi-cascade",
     .seen_as = SeenAs::kCheaper,
     .first_stage = FirstStage::kCachedLosses,
     .reference_source = ReferenceSource::kCached},
};

constexpr std::string_view kEqualCompute = "uniform@equal-compute";
constexpr std::string_view kOraclePrefix = "oracle:";

std::vector<std::string> fields_of(const std::string& name) {
  std::vector<std::string> fields(1);
  for (const char c : name) c == ':' ? void(fields.emplace_back()) : fields.back().push_back(c);
  return fields;
}

std::vector<Method> all_methods() {
  std::vector<Method> all(std::begin(kMethods), std::end(kMethods));
  all.insert(all.end(), std::begin(kControls), std::end(kControls));
  return all;
}

Arm named_arm(const std::string& name) {
  for (const Method& method : all_methods()) {
    if (method.name == name) return {name, method};
  }
  if (name == kEqualCompute) return {name, kUniform, ArmKind::kEqualCompute};
  if (name.starts_with(kOraclePrefix) && name.size() > kOraclePrefix.size()) {
    return {name, kUniform, ArmKind::kOracle, name.substr(kOraclePrefix.size())};
  }
  std::string known;
  for (const std::string& one : arm_names([](const Method&) { return true; })) known += one + ", ";
  refuse("--arms", "one of " + known + "maybe followed by :OPTION=VALUE", name);
}

}  // namespace

std::vector<std::string> arm_names(const std::function<bool(const Method&)>& knows) {
  std::vector<std::string> names;
  for (const Method& method : all_methods()) {
    if (knows(method)) names.emplace_back(method.name);
  }
  names.insert(names.begin() + 1, std::string(kEqualCompute));
  names.emplace_back("oracle:TAG");
  names.emplace_back("oracle:TAG+TAG");
  return names;
}

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

}  // namespace jest::apps::train
