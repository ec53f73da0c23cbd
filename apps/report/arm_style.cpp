#include "report/arm_style.hpp"

#include <iterator>
#include <map>

namespace jest::apps::report {
namespace {

// Of the second arm of a kind and those after it, which have its colour. No kind has one of these.
std::string variant_dash(std::size_t variant) {
  static constexpr const char* kDashes[] = {"10 3", "4 2 1 2", "10 3 2 3", "1 2"};
  return kDashes[(variant - 1) % std::size(kDashes)];
}

}  // namespace

// Baselines are drawn in the colour of the text; dashes tell apart what shares a colour and help
// where colours do not.
Stroke arm_stroke(const ArmResult& arm) {
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
      {"curated", {"var(--yellow)", "7 3"}},
      {"mixed", {"var(--ink)", "7 3 2 3"}},
      {"filter", {"var(--green)", "7 3 2 3"}},
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
  const auto found = kStrokes.find(arm.kind);
  Stroke stroke = found == kStrokes.end() ? Stroke{"var(--muted)", "7 3"} : found->second;
  if (arm.variant > 0) stroke.dash = variant_dash(arm.variant);
  return stroke;
}

// Long names may break where they have a joint: "uniform@" over "equal-compute".
Html arm_label(const ArmResult& arm) {
  const std::string& whole = arm.arm;
  Html name;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t joint = whole.find_first_of("@:", begin);
    const std::size_t end = joint == std::string::npos ? whole.size() : joint + 1;
    if (begin > 0) name += Html::markup("<wbr>");
    name += Html(whole.substr(begin, end - begin));
    begin = end;
  }
  return element("span", swatch(arm_stroke(arm)) + element("span", name), "class=\"arm\"");
}

}  // namespace jest::apps::report
