#include "report/measure.hpp"

#include "report/number_format.hpp"

namespace jest::apps::report {
namespace {

bool is_unit(const Measure& measure) {
  return !measure.label.empty() && measure.label[0] >= 'a' && measure.label[0] <= 'z';
}

}  // namespace

double lead(const Measure& measure, double value, double other) {
  return measure.higher_is_better ? value - other : other - value;
}

std::string score_text(double value) { return fixed(value, 3); }

std::string labelled(const Measure& measure, double value) {
  const std::string number = score_text(value);
  return is_unit(measure) ? number + " " + measure.label : measure.label + " " + number;
}

std::string title_of(const Measure& measure) {
  std::string title = measure.label;
  if (is_unit(measure)) title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return title;
}

std::string axis_label(const Measure& measure) {
  return measure.label + (measure.higher_is_better ? "" : " (lower is better)");
}

}  // namespace jest::apps::report
