// Joules of every arm, or why there are none.

#include <algorithm>
#include <cmath>

#include "jest/core/error.hpp"
#include "report/arm_style.hpp"
#include "report/number_format.hpp"
#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

// Nothing spent reads better as a dash than as 0; what is unknown must not read like it.
std::string amount(double joules, const Unit& unit) {
  if (std::isnan(joules)) return "not counted";
  return joules == 0 ? kNoValue : significant(joules / unit.size, 3);
}

Unit unit_of(const Study& study) {
  double most = 0;
  for (const Run& run : study.experiment.runs) {
    most = std::max(std::max(most, run.joules.run), run.joules.all_in());
  }
  return joule_unit(most);
}

std::vector<Html> row_of(const ArmResult& arm, const Unit& unit) {
  const auto median = [&](const auto& value) {
    std::vector<double> values;
    for (const Run* run : arm.runs) values.push_back(value(run->joules));
    return amount(spread(std::move(values)).median, unit);
  };
  return {arm_label(arm), median([](const Joules& joules) { return joules.run; }),
          median([](const Joules& joules) { return joules.reference_training; }),
          median([](const Joules& joules) { return joules.pool_embedding; }),
          median([](const Joules& joules) { return joules.all_in(); })};
}

Html joule_table(const Study& study) {
  const Unit unit = unit_of(study);
  Table content{.groups = {{"", 1},
                           {text("Run, ", unit.name), 1},
                           {text("Paid once, ", unit.name), 2},
                           {text("All-in, ", unit.name), 1}},
                .columns = {{"Arm", Align::kText},
                            {"steps"},
                            {"reference training"},
                            {"pool embedding"},
                            {"sum"}},
                .rows = {}};
  for (const ArmResult& arm : study.results) content.rows.push_back(row_of(arm, unit));
  return table(content);
}

std::string not_counted(const Energy& energy) {
  std::string all;
  for (const std::string& one : energy.not_counted) all += " Not counted: " + one + ".";
  return all;
}

}  // namespace

Html energy_part(const Study& study) {
  const Energy& energy = study.experiment.energy;
  if (!energy.is_recorded) return Html();
  const Html heading = element("h4", "Energy");
  if (energy.meter.empty()) {
    return heading + element("p", "No meter." + not_counted(energy), "class=\"absent\"");
  }
  return heading + joule_table(study) +
         element("p",
                 text("Counted by the meters of ", energy.meter,
                      ": what the whole machine took there during the steps, other programs "
                      "included.",
                      not_counted(energy)),
                 "class=\"fine\"");
}

}  // namespace jest::apps::report
