#include "report/arm_style.hpp"

#include <map>

namespace jest {

// Baselines are drawn in the colour of the text; dashes tell apart what shares a colour and help
// where colours do not.
Stroke arm_stroke(const std::string& arm) {
  static const std::map<std::string, Stroke> kStrokes = {
      {"uniform", {"var(--ink)", ""}},
      {"uniform@equal-compute", {"var(--ink)", "5 3"}},
      {"joint", {"var(--blue)", ""}},
      {"independent", {"var(--vermillion)", ""}},
      {"mean-field", {"var(--green)", ""}},
      {"easy-reference", {"var(--purple)", ""}},
      {"hard-learner", {"var(--orange)", "7 3"}},
      {"topk", {"var(--sky)", "7 3 2 3"}},
      {"greedy", {"var(--green)", "2 2"}},
  };
  if (arm.starts_with("oracle:")) return {"var(--yellow)", "2 2"};
  const auto found = kStrokes.find(arm);
  return found == kStrokes.end() ? Stroke{"var(--muted)", "7 3"} : found->second;
}

// Long names may break where they have a joint: "uniform@" over "equal-compute".
Html arm_label(const std::string& arm) {
  const std::size_t joint = arm.find_first_of("@:");
  const std::size_t head = joint == std::string::npos ? arm.size() : joint + 1;
  const Html name = Html(arm.substr(0, head)) + Html::markup("<wbr>") + arm.substr(head);
  return element("span", swatch(arm_stroke(arm)) + element("span", name), "class=\"arm\"");
}

}  // namespace jest
