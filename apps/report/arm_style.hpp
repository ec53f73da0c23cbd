#pragma once
// One colour and dash per arm, the same in every chart and table of a report.

#include "report/arm_results.hpp"
#include "report/line_chart.hpp"

namespace jest::apps::report {

/// The colour of its kind; dashes tell apart arms of one kind.
Stroke arm_stroke(const ArmResult& arm);

/// The arm's name after a piece of its line.
Html arm_label(const ArmResult& arm);

}  // namespace jest::apps::report
