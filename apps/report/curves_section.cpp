#include <algorithm>
#include <cmath>

#include "report/curves.hpp"
#include "report/number_format.hpp"
#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

std::vector<Series> curves(const Study& study, const std::function<double(const Evaluation&)>& x) {
  std::vector<Series> all;
  for (const ArmResult& arm : study.results) all.push_back(score_curve(arm, x));
  return study.experiment.primary().higher_is_better ? all : without_the_start(std::move(all));
}

struct Axis {
  std::string over;   ///< "steps"
  std::string title;  ///< with unit
};

LineChart score_chart(const Study& study, const Axis& axis,
                      const std::function<double(const Evaluation&)>& x) {
  const Measure& measure = study.experiment.primary();
  return {{title_of(measure) + " over " + axis.over, axis.title, axis_label(measure)},
          curves(study, x),
          {{"reference alone", study.experiment.reference.values.front()}},
          score_text};
}

double largest(const Study& study, const std::function<double(const Evaluation&)>& x) {
  double most = 0;
  for (const Run& run : study.experiment.runs) {
    for (const Evaluation& evaluation : run.metrics.evaluations) {
      most = std::max(most, x(evaluation));
    }
  }
  return most;
}

}  // namespace

Html curves_section(const Study& study) {
  const auto steps = [](const Evaluation& e) { return e.step; };
  const auto flops = [](const Evaluation& e) { return e.flops.run(); };
  const auto seconds = [](const Evaluation& e) { return e.seconds.steps_only(); };
  const Unit flop = flop_unit(largest(study, flops));
  const Unit second = second_unit(largest(study, seconds));
  const LineChart over_steps = score_chart(study, {"steps", "steps"}, steps);
  const Html charts =
      line_chart(over_steps) +
      line_chart(score_chart(study, {"compute", std::string("run ") + flop.name},
                             [&](const Evaluation& e) { return flops(e) / flop.size; })) +
      line_chart(score_chart(study,
                             {"time", std::string("time without evaluation, ") + second.name},
                             [&](const Evaluation& e) { return seconds(e) / second.size; }));
  const std::string start =
      study.experiment.primary().higher_is_better
          ? ""
          : " The steep first tenth is left out where it would flatten the rest.";
  return element("h3", "Learning curves") + legend(over_steps) +
         element("div", charts, "class=\"charts\"") +
         element("p",
                 "Lines are medians over seeds, bands minimum to maximum. The legend is in the "
                 "order in which the lines end, from the top." +
                     start,
                 "class=\"fine\"");
}

}  // namespace jest::apps::report
