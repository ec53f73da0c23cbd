#pragma once
// Which tags are shown by name, and how the rest is summed up.

#include <string>
#include <vector>

#include "report/arm_results.hpp"
#include "report/share_chart.hpp"

namespace jest::apps::report {

/// Shares of an arm's picks over time, means over seeds.
struct TagLayers {
  std::vector<double> steps;
  std::vector<Layer> layers;  ///< from the bottom up: the target tag, then by size, "other" last
};

/// No layers if the arm's runs carry no tags.
TagLayers tag_layers(const ArmResult& arm, const Experiment& experiment);

}  // namespace jest::apps::report
