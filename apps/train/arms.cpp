// The names of arms: methods of the library, controls of this program, and how options follow.

#include "train/arms.hpp"

#include <optional>

#include "jest/core/error.hpp"
#include "jest/methods/methods.hpp"

namespace jest::apps::train {
namespace {

/// What no paper proposed: variations that separate one part of a method from the others.
constexpr Method kControls[] = {
    {.name = "joint"},
    {.name = "independent", .sampling = {.preset = Preset::kIndependent}},
    {.name = "mean-field", .sampling = {.preset = Preset::kMeanField}},
    {.name = "easy-reference", .score = kEasyReference},
    {.name = "hard-learner", .score = kHardLearner},
    {.name = "topk", .sampling = {.preset = Preset::kTopK}},
    {.name = "greedy", .sampling = {.preset = Preset::kGreedy}},
    {.name = "aligned", .rule = ByGradients{}},
    {.name = "aligned-learnability", .rule = ByGradients{.learnability_weight = 1}},
    {.name = "flexi", .cheaper_view = true, .reference = {.access = ReferenceAccess::kStoredOnly}},
    {.name = "flexi-cascade",
     .cheaper_view = true,
     .cascade = true,
     .reference = {.access = ReferenceAccess::kStoredOnly}},
};

constexpr std::string_view kEqualCompute = "uniform@equal-compute";
constexpr std::string_view kCurated = "curated";
constexpr std::string_view kOraclePrefix = "oracle:";
constexpr std::string_view kFilterPrefix = "filter:";
constexpr std::string_view kMixed = "mixed";
constexpr std::string_view kThenMixed = ":mixed";

std::vector<std::string> fields_of(const std::string& name) {
  std::vector<std::string> fields(1);
  for (const char c : name) c == ':' ? void(fields.emplace_back()) : fields.back().push_back(c);
  return fields;
}

/// mixed and filter:SHARE[:mixed].
std::optional<Arm> rival_arm(const std::string& name) {
  std::string_view rest = name;
  Arm arm{name, kUniform, ArmKind::kRival};
  const std::pair<std::string, std::string> mix{"curated-share", "natural"};
  if (rest == kMixed) {
    arm.overrides = {mix};
    return arm;
  }
  if (!rest.starts_with(kFilterPrefix)) return std::nullopt;
  rest.remove_prefix(kFilterPrefix.size());
  if (rest.ends_with(kThenMixed)) {
    rest.remove_suffix(kThenMixed.size());
    arm.overrides.push_back(mix);
  }
  arm.overrides.emplace_back("filter", rest);
  return arm;
}

Arm named_arm(const std::string& name, bool (*knows)(const Method&)) {
  for (const Method& method : all_methods()) {
    if (method.name == name && knows(method)) return {name, method};
  }
  if (name == kEqualCompute) return {name, kUniform, ArmKind::kEqualCompute};
  if (name.starts_with(kOraclePrefix) && name.size() > kOraclePrefix.size()) {
    return {name, kUniform, ArmKind::kOracle, name.substr(kOraclePrefix.size())};
  }
  if (name == kCurated) return {name, kUniform, ArmKind::kCurated};
  if (const auto rival = rival_arm(name)) return *rival;
  std::string known;
  for (const std::string& one : arm_names(knows)) known += one + ", ";
  refuse("--arms", "arms of this command: " + known + "maybe followed by :OPTION=VALUE",
         text("'", name, "'"));
}

}  // namespace

const std::vector<Method>& all_methods() {
  static const std::vector<Method> kAll = [] {
    std::vector<Method> all(std::begin(kMethods), std::end(kMethods));
    all.insert(all.end(), std::begin(kControls), std::end(kControls));
    return all;
  }();
  return kAll;
}

std::vector<std::string> arm_names(bool (*knows)(const Method&)) {
  std::vector<std::string> names;
  for (const Method& method : all_methods()) {
    if (knows(method)) names.emplace_back(method.name);
  }
  names.insert(names.begin() + 1, std::string(kEqualCompute));
  for (const char* rival : {"curated", "mixed", "filter:SHARE", "filter:SHARE:mixed"}) {
    names.emplace_back(rival);
  }
  names.emplace_back("oracle:TAG");
  names.emplace_back("oracle:TAG+TAG");
  return names;
}

Arm find_arm(const std::string& name, bool (*knows)(const Method&)) {
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
  Arm arm = named_arm(base, knows);
  arm.name = name;
  arm.overrides.insert(arm.overrides.end(), overrides.begin(), overrides.end());
  return arm;
}

}  // namespace jest::apps::train
