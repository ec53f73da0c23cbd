#pragma once
// One colour and dash per arm, the same in every chart and table of a report.

#include <string>

#include "report/line_chart.hpp"

namespace jest {

Stroke arm_stroke(const std::string& arm);

/// The arm's name after a piece of its line.
Html arm_label(const std::string& arm);

}  // namespace jest
