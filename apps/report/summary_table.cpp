#include "report/summary_table.hpp"

#include <algorithm>
#include <cmath>

#include "jest/core/error.hpp"
#include "report/arm_results.hpp"
#include "report/number_format.hpp"
#include "report/text_columns.hpp"

namespace jest::apps::report {
namespace {

constexpr int kArmWidth = 21, kScoreWidth = 7;
constexpr int kJoulesWidth = 12;
constexpr int kScoresWidth = 14;  // what leaves the table at 80 columns

/// Columns that a measure takes, label and gap.
int width_of(const Measure& measure) {
  return std::clamp(columns_of(measure.label) + 1, kScoreWidth, kScoresWidth);
}

/// How many measures fit beside the other columns.
std::size_t shown_beside(const std::vector<Measure>& measures) {
  std::size_t shown = 1;
  int width = width_of(measures.front());
  while (shown < measures.size() && width + width_of(measures[shown]) <= kScoresWidth) {
    width += width_of(measures[shown++]);
  }
  return shown;
}

std::string main_table(const Experiment& experiment, const std::vector<ArmResult>& results) {
  const ArmResult* uniform = find_role(results, Role::kBaseline);
  const bool tagged = !experiment.target_tag.empty();
  const std::size_t shown = shown_beside(experiment.measures);
  TextColumns out;
  out.add("arm", kArmWidth);
  out.add("steps", 8);
  for (std::size_t i = 0; i < shown; ++i) {
    out.add(experiment.measures[i].label, width_of(experiment.measures[i]));
  }
  out.add("FLOPs", 8);
  out.add("seconds", 10);
  out.add("select", 8);
  if (tagged) out.add("tag " + experiment.target_tag, 11);
  for (const ArmResult& result : results) {
    const double relative = uniform ? against_uniform(result, *uniform).run_flops : kUnknown;
    std::vector<std::string> row{result.arm, grouped(result.steps.median)};
    for (std::size_t i = 0; i < shown; ++i) row.push_back(score_text(result.finals[i].median));
    row.push_back(std::isfinite(relative) ? fixed(relative, 2) + "x" : kNoValue);
    row.push_back(fixed(result.seconds.median, 1));
    row.push_back(percent(result.selection_share.median));
    if (tagged) row.push_back(percent(result.target_share.median));
    out.row(row);
  }
  return out.string();
}

/// The measures that did not fit, and energy where it was counted.
std::string further_table(const Experiment& experiment, const std::vector<ArmResult>& results) {
  const std::size_t first = shown_beside(experiment.measures);
  const std::size_t further = experiment.measures.size() - first;
  const bool counted = !experiment.energy.meter.empty();
  if (further == 0 && !counted) return "";
  const int left = 80 - kArmWidth - (counted ? 2 * kJoulesWidth : 0);
  const int most = further == 0 ? 0 : left / static_cast<int>(further);
  TextColumns out;
  out.add("arm", kArmWidth);
  for (std::size_t i = first; i < experiment.measures.size(); ++i) {
    const std::string& label = experiment.measures[i].label;
    out.add(label, std::min(columns_of(label) + 2, most));
  }
  if (counted) out.add("joules", kJoulesWidth);
  if (counted) out.add("all-in", kJoulesWidth);
  for (const ArmResult& result : results) {
    std::vector<std::string> row{result.arm};
    for (std::size_t i = first; i < result.finals.size(); ++i) {
      row.push_back(score_text(result.finals[i].median));
    }
    if (counted) row.push_back(joules_text(result.joules.median));
    if (counted) row.push_back(joules_text(result.all_in_joules.median));
    out.row(row);
  }
  return text("\n", out.string());
}

/// What is said of energy below the tables.
std::string energy_note(const Energy& energy) {
  if (!energy.is_recorded) return "";
  std::string note;
  if (energy.meter.empty()) {
    note = "joules: no meter";
  } else {
    note = text("joules: of the machine's ", energy.meter,
                "\nduring the steps, other programs included; ", "all-in: and of the reference");
  }
  for (const std::string& one : energy.not_counted) note += "\nnot counted: " + one;
  return note + "\n";
}

}  // namespace

std::string summary_table(const nlohmann::json& summary) {
  const Experiment experiment = parse_summary(summary, "summary");
  const std::vector<ArmResult> results = arm_results(experiment);
  std::string out = main_table(experiment, results) + further_table(experiment, results);
  if (!find_role(results, Role::kBaseline)) {
    out += "uniform was not run: FLOPs have nothing to be relative to\n";
  }
  out += "medians over seeds; FLOPs of the run relative to uniform; seconds without\n";
  out += "evaluation; select: the sampler's share of a step";
  out += experiment.target_tag.empty() ? "\n" : "; tag: its share of all picks\n";
  return out + energy_note(experiment.energy);
}

}  // namespace jest::apps::report
