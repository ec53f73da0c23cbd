#include <algorithm>
#include <array>
#include <cmath>

#include "jest/core/error.hpp"
#include "report/arm_style.hpp"
#include "report/number_format.hpp"
#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

struct Stage {
  const char* name;
  double StageSeconds::*seconds;
  const char* color;
};

constexpr std::array<Stage, 6> kStages = {
    {{"load", &StageSeconds::load, "var(--other)"},
     {"learner scoring", &StageSeconds::learner_scoring, "var(--sky-fill)"},
     {"reference scoring", &StageSeconds::reference_scoring, "var(--purple)"},
     {"selection", &StageSeconds::selection, "var(--vermillion)"},
     {"gather", &StageSeconds::gather, "var(--yellow-fill)"},
     {"train", &StageSeconds::train, "var(--green)"}}};

template <class Value>
double median_over(const ArmResult& arm, const Value& value) {
  std::vector<double> values;
  for (const Run* run : arm.runs) values.push_back(value(*run));
  return spread(std::move(values)).median;
}

double stage_median(const ArmResult& arm, double StageSeconds::*stage) {
  return median_over(arm, [&](const Run& run) { return run.seconds.*stage; });
}

// Of what is known: std::max keeps the first of a number and NaN.
double largest_cost(const Study& study) {
  double most = 0;
  for (const Run& run : study.experiment.runs) {
    most = std::max(std::max(most, run.flops.run()), run.flops.all_in());
  }
  return most;
}

// Nothing spent reads better as a dash than as 0; what is unknown must not read like it.
std::string amount(double value) {
  if (std::isnan(value)) return "not stated";
  return value == 0 ? kNoValue : significant(value, 3);
}

std::vector<Html> flop_row(const ArmResult& arm, const Unit& unit) {
  const auto in_unit = [&](double FlopCount::*part) {
    return amount(median_over(arm, [&](const Run& run) { return run.flops.*part / unit.size; }));
  };
  const double trained = median_over(arm, [](const Run& run) { return run.examples_trained; });
  const double scored = median_over(arm, [](const Run& run) { return run.examples_scored; });
  return {arm_label(arm),
          grouped(trained),
          scored == 0 ? kNoValue : grouped(scored),
          in_unit(&FlopCount::learner_training),
          in_unit(&FlopCount::learner_scoring),
          in_unit(&FlopCount::reference_scoring),
          amount(arm.run_flops.median / unit.size),
          in_unit(&FlopCount::reference_training),
          in_unit(&FlopCount::pool_embedding),
          amount(arm.all_in_flops.median / unit.size)};
}

Html flop_table(const Study& study) {
  const Unit unit = flop_unit(largest_cost(study));
  Table content{.groups = {{"", 1},
                           {"Examples", 2},
                           {text("Run, ", unit.name), 4},
                           {text("Paid once, ", unit.name), 2},
                           {text("All-in, ", unit.name), 1}},
                .columns = {{"Arm", Align::kText},
                            {"trained"},
                            {"scored"},
                            {"learner training"},
                            {"learner scoring"},
                            {"reference scoring"},
                            {"sum"},
                            {"reference training"},
                            {"pool embedding"},
                            {"sum"}},
                .rows = {}};
  for (const ArmResult& arm : study.results) content.rows.push_back(flop_row(arm, unit));
  return table(content);
}

Html stage_cell(double seconds, double total) {
  if (seconds == 0) return kNoValue;
  return element("span", significant(seconds, 3)) +
         element("small", percent(seconds / total), "class=\"detail\"");
}

Html seconds_table(const Study& study) {
  Table content{.groups = {{"", 1}, {"Seconds and share of a step", 6}, {"Seconds", 2}},
                .columns = {{"Arm", Align::kText}},
                .rows = {}};
  for (const Stage& stage : kStages) content.columns.push_back({stage.name});
  content.columns.push_back({"sum"});
  content.columns.push_back({"evaluation"});
  for (const ArmResult& arm : study.results) {
    std::vector<Html> row{arm_label(arm)};
    for (const Stage& stage : kStages) {
      row.push_back(stage_cell(stage_median(arm, stage.seconds), arm.seconds.median));
    }
    row.push_back(significant(arm.seconds.median, 3));
    row.push_back(significant(stage_median(arm, &StageSeconds::evaluate), 3));
    content.rows.push_back(std::move(row));
  }
  return table(content);
}

double step_ms(const ArmResult& arm) { return 1e3 * arm.seconds.median / arm.steps.median; }

Html step_bar(const ArmResult& arm, double longest_ms) {
  Html pieces;
  for (const Stage& stage : kStages) {
    const double ms = 1e3 * stage_median(arm, stage.seconds) / arm.steps.median;
    if (!std::isfinite(ms / longest_ms) || ms <= 0) continue;
    const double width = std::min(100.0, 100 * ms / longest_ms);
    pieces += element("span", "",
                      text("style=\"width:", fixed(width, 2), "%;background:", stage.color, "\" ",
                           attribute("title", text(stage.name, " ", significant(ms, 3), " ms"))));
  }
  return element("div", arm.arm, "class=\"bar-name\"") + element("div", pieces, "class=\"bar\"") +
         element("div", significant(step_ms(arm), 3) + " ms", "class=\"bar-value\"");
}

Html step_bars(const Study& study) {
  double longest_ms = 0;
  for (const ArmResult& arm : study.results) longest_ms = std::max(longest_ms, step_ms(arm));
  Html bars, key;
  for (const ArmResult& arm : study.results) bars += step_bar(arm, longest_ms);
  for (const Stage& stage : kStages) {
    const std::string box =
        text("<span class=\"box\" style=\"background:", stage.color, "\"></span>");
    key += element("li", Html::markup(box) + stage.name);
  }
  return element("h4", "Where a step's time goes") + element("ul", key, "class=\"legend\"") +
         element("div", bars, "class=\"bars\"");
}

std::string reference_scores(const Experiment& experiment) {
  std::string scores;
  for (std::size_t i = 0; i < experiment.measures.size(); ++i) {
    const std::string score = labelled(experiment.measures[i], experiment.reference.values[i]);
    scores += (scores.empty() ? "" : "; ") + score;
  }
  return scores;
}

/// Of one whose embeddings or losses were given in files.
Html cached_sentence(const Reference& reference) {
  const auto or_not_stated = [](double value, const std::string& said) {
    return std::isfinite(value) ? said : "not stated";
  };
  return element(
      "p", text("What the reference says of the pool was given in files, which cost ",
                or_not_stated(reference.flops, flops_text(reference.flops)), " (processor time ",
                or_not_stated(reference.seconds, seconds_text(reference.seconds)), ") to make."));
}

/// Of one that counts.
Html counts_sentence(const Reference& reference) {
  return element("p", text("The reference counts n-grams (", reference.counts, "), which took ",
                           flops_text(reference.flops), ", an operation of a count being one, and ",
                           seconds_text(reference.seconds), " of processor time."));
}

Html reference_sentence(const Experiment& experiment) {
  const Reference& reference = experiment.reference;
  if (!reference.counts.empty()) return counts_sentence(reference);
  if (reference.is_cached) return cached_sentence(reference);
  const bool known = std::isfinite(reference.flops) || std::isfinite(reference.seconds);
  if (!known && !std::isfinite(reference.values.front())) {
    return element("p", "Costs of the reference model are left out: the summary has none.",
                   "class=\"absent\"");
  }
  const std::string alone = text("The reference alone has ", reference_scores(experiment), ". ");
  if (!known) return element("p", alone + "What its training cost is not recorded.");
  const bool counted = std::isfinite(reference.joules);
  return element("p", text(alone, "Its training took ", flops_text(reference.flops), " and ",
                           seconds_text(reference.seconds),
                           counted ? " and " + joules_text(reference.joules) : "",
                           "; it can serve many runs, which is why it stands apart."));
}

Html unknown_note(const Experiment& experiment) {
  const auto unknown = [](const Run& run) { return std::isnan(run.flops.all_in()); };
  if (std::ranges::none_of(experiment.runs, unknown)) return Html();
  return element(
      "p",
      "All-in figures of arms that use the reference are not stated: what it cost is not "
      "recorded.",
      "class=\"absent\"");
}

}  // namespace

Html cost_section(const Study& study) {
  return element("h3", "What it cost") + reference_sentence(study.experiment) +
         unknown_note(study.experiment) + element("h4", "Compute") + flop_table(study) +
         step_bars(study) + element("h4", "Time by stage") + seconds_table(study) +
         energy_part(study) +
         element("p", "Medians over seeds of each column, so parts need not add up exactly.",
                 "class=\"fine\"");
}

}  // namespace jest::apps::report
