#include <algorithm>

#include "jest/core/error.hpp"
#include "report/arm_style.hpp"
#include "report/number_format.hpp"
#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

Html link_to(const Study& study, std::size_t position) {
  return element("a", study.experiment.name, attribute("href", text("#", anchor(position))));
}

std::string score_or_dash(const ArmResult* arm) {
  return arm ? median_and_range(arm->score()) : kNoValue;
}

std::vector<Html> ratios_row(const Study& study, std::size_t position) {
  const ArmResult* uniform = find_role(study.results, Role::kBaseline);
  const ArmResult* arm = find_role(study.results, Role::kContender);
  std::vector<Html> row{link_to(study, position), study.experiment.primary().label,
                        arm ? arm_label(*arm) : Html(kNoValue), score_or_dash(arm),
                        score_or_dash(uniform)};
  if (!arm || !uniform) {
    row.insert(row.end(), 5, kNoValue);
    return row;
  }
  const AgainstUniform ratios = against_uniform(*arm, *uniform);
  for (const double ratio :
       {ratios.steps_to_target, ratios.flops_to_target, ratios.all_in_to_target}) {
    row.push_back(passage_text(ratio));
  }
  row.push_back(ratio_text(ratios.run_flops));
  row.push_back(ratio_text(ratios.all_in_flops));
  return row;
}

Html ratios_table(const std::vector<Study>& studies) {
  Table content{
      .groups = {{"", 3}, {"Final score", 2}, {"To uniform's final score", 3}, {"Whole run", 2}},
      .columns = {{"Folder", Align::kText},
                  {"Measure", Align::kText},
                  {"Arm", Align::kText},
                  {"arm"},
                  {"uniform"},
                  {"Steps ÷ uniform"},
                  {"FLOPs ÷ uniform"},
                  {"All-in ÷ uniform"},
                  {"FLOPs ÷ uniform"},
                  {"All-in ÷ uniform"}},
      .rows = {}};
  for (std::size_t i = 0; i < studies.size(); ++i) {
    content.rows.push_back(ratios_row(studies[i], i));
  }
  return table(content);
}

/// As the first study that has it does.
std::vector<const ArmResult*> all_arms(const std::vector<Study>& studies) {
  std::vector<const ArmResult*> arms;
  for (const Study& study : studies) {
    for (const ArmResult& result : study.results) {
      const bool known = std::any_of(arms.begin(), arms.end(), [&](const ArmResult* other) {
        return other->arm == result.arm;
      });
      if (!known) arms.push_back(&result);
    }
  }
  return arms;
}

Html scores_table(const std::vector<Study>& studies) {
  Table content{.groups = {}, .columns = {{"Arm", Align::kText}}, .rows = {{"Measure"}}};
  for (const Study& study : studies) {
    content.columns.push_back({study.experiment.name});
    content.rows.front().push_back(axis_label(study.experiment.primary()));
  }
  for (const ArmResult* arm : all_arms(studies)) {
    std::vector<Html> row{arm_label(*arm)};
    for (const Study& study : studies) {
      row.push_back(score_or_dash(find_arm(study.results, arm->arm)));
    }
    content.rows.push_back(std::move(row));
  }
  return table(content);
}

}  // namespace

std::string anchor(std::size_t position) { return text("experiment-", position + 1); }

Html comparison_section(const std::vector<Study>& studies) {
  return element("section",
                 element("h2", "Comparison") + ratios_table(studies) +
                     element("h4", "Final score of every arm") + scores_table(studies) +
                     element("p",
                             "Medians over seeds, with minimum to maximum in brackets. Scores of "
                             "different evaluation sets are not comparable.",
                             "class=\"fine\""));
}

}  // namespace jest::apps::report
