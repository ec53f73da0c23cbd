#pragma once
// Shares of a whole over time as stacked areas, with a bar beside them for what they came from.

#include <string>
#include <vector>

#include "report/chart_frame.hpp"
#include "report/html.hpp"

namespace jest::apps::report {

struct Layer {
  std::string name;
  std::string color;           ///< a CSS colour of this program
  double source = 0;           ///< share in the bar; NaN if unknown
  std::vector<double> shares;  ///< one per x
};

struct ShareChart {
  ChartLabels labels;
  std::string bar_label;
  std::vector<double> x;      ///< ascending
  std::vector<Layer> layers;  ///< from the bottom up
};

/// A figure with its legend in the order of the layers, top first; a sentence in its place if
/// there are fewer than two x.
Html share_chart(const ShareChart& chart);

}  // namespace jest::apps::report
