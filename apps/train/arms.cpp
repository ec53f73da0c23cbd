#include "train/arms.hpp"

#include "jest/core/error.hpp"
#include "jest/methods/methods.hpp"

namespace jest {
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
};

constexpr std::string_view kEqualCompute = "uniform@equal-compute";
constexpr std::string_view kOraclePrefix = "oracle:";

std::vector<std::string> fields_of(const std::string& name) {
  std::vector<std::string> fields(1);
  for (const char c : name) c == ':' ? void(fields.emplace_back()) : fields.back().push_back(c);
  return fields;
}

Arm named_arm(const std::string& name) {
  std::string known;
  for (const auto& methods :
       {std::span<const Method>(kMethods), std::span<const Method>(kControls)}) {
    for (const Method& method : methods) {
      if (method.name == name) return {name, method};
      known += std::string(method.name) + ", ";
    }
  }
  if (name == kEqualCompute) return {name, kUniform, ArmKind::kEqualCompute};
  if (name.starts_with(kOraclePrefix) && name.size() > kOraclePrefix.size()) {
    return {name, kUniform, ArmKind::kOracle, name.substr(kOraclePrefix.size())};
  }
  refuse("--arms",
         text("one of ", known, kEqualCompute, ", oracle:TAG, maybe followed by :OPTION=VALUE"),
         name);
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
