#include <algorithm>
#include <cmath>

#include "jest/core/error.hpp"
#include "report/curves.hpp"
#include "report/number_format.hpp"
#include "report/sections.hpp"
#include "report/tag_layers.hpp"

namespace jest::apps::report {
namespace {

Html absent(const std::string& why) { return element("p", why, "class=\"absent\""); }

Html chart_with_legend(const LineChart& chart) {
  return element("div", line_chart(chart) + legend(chart));
}

Html target_chart(const Study& study) {
  const std::string& target = study.experiment.target_tag;
  LineChart chart{{"Share of the target tag, " + target, "steps", "% of the picks"}, {}, {}};
  for (const ArmResult& arm : study.results) {
    if (arm.arm != "oracle:" + target) chart.series.push_back(tag_curve(arm, target));
  }
  const auto in_pool = study.experiment.pool.tags.find(target);
  if (in_pool != study.experiment.pool.tags.end()) {
    chart.levels.push_back({"the pool", 100 * in_pool->second});
  }
  return chart_with_legend(chart);
}

Html learnability_chart(const ArmResult& arm) {
  const double bin = smoothing_bin(arm);
  Series picks = smoothed_curve(arm, bin, [](const Step& step) { return step.learnability_picks; });
  Series super_batch =
      smoothed_curve(arm, bin, [](const Step& step) { return step.learnability_super_batch; });
  picks.name = "picks";
  picks.stroke = {"var(--blue)", ""};
  super_batch.name = "super-batch";
  super_batch.stroke = {"var(--orange)", "7 3"};
  const std::string what = arm.scored_by == "learnability" ? "Learnability, " : "Mean score, ";
  const std::string title = what + arm.arm;
  const LineChart chart{
      {title, "steps", text("mean of ", grouped(bin), " steps")}, {picks, super_batch}, {}};
  return chart_with_legend(chart);
}

Table tag_table(const TagLayers& tags) {
  Table content{.groups = {},
                .columns = {{"Tag", Align::kText},
                            {"Pool"},
                            {"Picks at step " + grouped(tags.steps.front())},
                            {"Picks at step " + grouped(tags.steps.back())},
                            {"Last ÷ pool"}},
                .rows = {}};
  for (const Layer& layer : tags.layers) {
    content.rows.push_back({layer.name, percent(layer.source), percent(layer.shares.front()),
                            percent(layer.shares.back()),
                            ratio_text(layer.shares.back() / layer.source)});
  }
  return content;
}

Html charts_of(const Study& study, const ArmResult& arm, const TagLayers& tags) {
  Html charts;
  if (!tags.layers.empty()) {
    charts += share_chart({{"What " + arm.arm + " picked, by tag", "steps", "% of the picks"},
                           "pool",
                           tags.steps,
                           tags.layers});
    if (!study.experiment.target_tag.empty()) charts += target_chart(study);
  }
  return element("div", charts + learnability_chart(arm), "class=\"charts\"");
}

}  // namespace

Html picks_section(const Study& study) {
  const Html title = element("h3", "What was picked");
  const ArmResult* arm = find_role(study.results, Role::kContender);
  if (!arm) return title + absent("No arm that selects was run.");
  const TagLayers tags = tag_layers(*arm, study.experiment);
  Html section = title + charts_of(study, *arm, tags);
  if (tags.layers.empty()) {
    return section + absent("Shares by tag are left out: the examples carry no tags.");
  }
  return section + table(tag_table(tags)) +
         element("p", "Shares are means over seeds. Scores are smoothed over steps.",
                 "class=\"fine\"");
}

}  // namespace jest::apps::report
