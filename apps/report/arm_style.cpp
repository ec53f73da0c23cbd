#include "report/arm_style.hpp"

#include <functional>
#include <map>

#include "report/arm_results.hpp"

namespace jest {
namespace {

// An arm with options of its own has the colour of its kind.
std::string variant_dash(const std::string& arm) {
  static constexpr const char* kDashes[] = {"", "6 3", "2 2", "8 3 2 3"};
  return kDashes[std::hash<std::string>()(arm) % std::size(kDashes)];
}

}  // namespace

// Baselines are drawn in the colour of the text; dashes tell apart what shares a colour and help
// where colours do not.
Stroke arm_stroke(const std::string& arm) {
  static const std::map<std::string, Stroke> kStrokes = {
      {"uniform", {"var(--ink)", ""}},
      {"uniform@equal-compute", {"var(--ink)", "5 3"}},
      {"cascade", {"var(--sky)", ""}},
      {"joint", {"var(--blue)", ""}},
      {"aligned", {"var(--violet)", ""}},
      {"aligned-learnability", {"var(--violet)", "6 3"}},
      {"flexi", {"var(--brown)", ""}},
      {"independent", {"var(--vermillion)", ""}},
      {"mean-field", {"var(--green)", ""}},
      {"easy-reference", {"var(--purple)", ""}},
      {"hard-learner", {"var(--orange)", "7 3"}},
      {"topk", {"var(--sky)", "7 3 2 3"}},
      {"greedy", {"var(--green)", "2 2"}},
      {"oracle", {"var(--yellow)", "2 2"}},
      {"jest", {"var(--blue)", "7 3"}},
      {"flexi-jest", {"var(--brown)", "7 3"}},
      {"rho-loss", {"var(--sky)", "7 3"}},
      {"active-clip", {"var(--orange)", "2 2"}},
      {"acid", {"var(--purple)", "7 3"}},
      {"aced", {"var(--purple)", "2 2"}},
      {"selective-backprop", {"var(--vermillion)", "7 3"}},
      {"greats", {"var(--violet)", "2 2"}},
      {"infomax", {"var(--green)", "7 3"}},
      {"drrho", {"var(--ink)", "2 2"}},
  };
  const std::string kind = arm_kind(arm);
  const auto found = kStrokes.find(kind);
  Stroke stroke = found == kStrokes.end() ? Stroke{"var(--muted)", "7 3"} : found->second;
  if (kind != arm && kind != "oracle") stroke.dash = variant_dash(arm);
  return stroke;
}

// Long names may break where they have a joint: "uniform@" over "equal-compute".
Html arm_label(const std::string& arm) {
  Html name;
  for (std::size_t begin = 0; begin < arm.size();) {
    const std::size_t joint = arm.find_first_of("@:", begin);
    const std::size_t end = joint == std::string::npos ? arm.size() : joint + 1;
    if (begin > 0) name += Html::markup("<wbr>");
    name += Html(arm.substr(begin, end - begin));
    begin = end;
  }
  return element("span", swatch(arm_stroke(arm)) + element("span", name), "class=\"arm\"");
}

}  // namespace jest
