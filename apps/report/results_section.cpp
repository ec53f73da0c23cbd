#include <cmath>

#include "jest/core/error.hpp"
#include "report/arm_style.hpp"
#include "report/headline.hpp"
#include "report/number_format.hpp"
#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

Html with_detail(const std::string& main, const std::string& detail) {
  return Html(main) + (detail.empty() ? Html() : element("small", detail, "class=\"detail\""));
}

// "600", "600" over "1 of 3 missed", or "missed".
Html steps_to_target(const Spread& spread) {
  if (spread.known == 0) return kNoValue;
  if (spread.never == spread.known) return "missed";
  const std::string misses =
      spread.never ? text(spread.never, " of ", spread.known, " missed") : "";
  return with_detail(std::isinf(spread.median) ? kNoValue : grouped(spread.median), misses);
}

Html score_cell(const Spread& spread) {
  if (spread.known < 2) return score_text(spread.median);
  return with_detail(score_text(spread.median),
                     text(score_text(spread.low), "–", score_text(spread.high)));
}

std::vector<Html> row_of(const ArmResult& arm, const ArmResult* uniform) {
  std::vector<Html> row{arm_label(arm), text(arm.runs.size()), grouped(arm.steps.median),
                        score_cell(arm.score())};
  for (std::size_t i = 1; i < arm.finals.size(); ++i) {
    row.push_back(score_text(arm.finals[i].median));
  }
  row.push_back(steps_to_target(arm.steps_to_uniform));
  if (uniform) {
    const AgainstUniform ratios = against_uniform(arm, *uniform);
    for (const double ratio : {ratios.steps_to_target, ratios.flops_to_target,
                               ratios.all_in_to_target, ratios.run_flops, ratios.all_in_flops}) {
      row.push_back(ratio_text(ratio));
    }
  } else {
    row.insert(row.end(), 5, kNoValue);
  }
  row.push_back(seconds_text(arm.seconds.median));
  row.push_back(percent(arm.selection_share.median));
  return row;
}

Table empty_table(const Experiment& experiment) {
  const int measures = static_cast<int>(experiment.measures.size());
  Table content{.groups = {{"", 3},
                           {"At the end", measures},
                           {text("To uniform's final ", experiment.primary().label), 4},
                           {"Whole run", 4}},
                .columns = {{"Arm", Align::kText}, {"Seeds"}, {"Steps"}},
                .rows = {}};
  for (const Measure& measure : experiment.measures) content.columns.push_back({measure.label});
  for (const char* title : {"Steps", "Steps ÷ uniform", "FLOPs ÷ uniform", "All-in ÷ uniform",
                            "FLOPs ÷ uniform", "All-in ÷ uniform", "Time", "Selection"}) {
    content.columns.push_back({title});
  }
  return content;
}

Table results_table(const Study& study) {
  const ArmResult* uniform = find_role(study.results, Role::kBaseline);
  Table content = empty_table(study.experiment);
  if (!uniform) {
    ArmResult not_run;
    not_run.arm = not_run.kind = "uniform";
    content.rows.push_back(
        {arm_label(not_run), Html("not run, so there is nothing to be relative to")});
  }
  for (const ArmResult& arm : study.results) content.rows.push_back(row_of(arm, uniform));
  return content;
}

}  // namespace

std::string median_and_range(const Spread& spread) {
  const std::string median = score_text(spread.median);
  if (spread.known < 2) return median;
  return text(median, " (", score_text(spread.low), "–", score_text(spread.high), ")");
}

std::string ratio_text(double ratio) {
  return std::isfinite(ratio) ? fixed(ratio, ratio < 10 ? 2 : 1) + "×" : kNoValue;
}

std::string passage_text(double ratio) { return std::isinf(ratio) ? "missed" : ratio_text(ratio); }

Html headline_section(const Study& study) {
  const Headline result = headline(study.results, study.experiment.primary());
  Html notes;
  for (const std::string& note : result.notes) notes += element("li", note);
  return element("p", result.lead, "class=\"lead\"") +
         (notes.empty() ? Html() : element("ul", notes, "class=\"notes\""));
}

Html results_section(const Study& study) {
  const Measure& measure = study.experiment.primary();
  const char* direction = measure.higher_is_better ? "higher" : "lower";
  return element("h3", "Results") + table(results_table(study)) +
         element("p",
                 text("Medians over seeds, minimum to maximum below. ", title_of(measure), ": ",
                      direction, " is better. “To uniform's final ", measure.label,
                      "” is the first evaluation at least as good as uniform's final median; a "
                      "seed that never gets there counts as missed. All-in adds the reference's "
                      "training and the pool's embedding. Time leaves evaluation out; selection "
                      "is the sampler's share of it."),
                 "class=\"fine\"");
}

}  // namespace jest::apps::report
