#pragma once
// One line chart: a line per series with a band around it, and dashed levels.

#include <string>
#include <vector>

#include "report/chart_frame.hpp"
#include "report/html.hpp"

namespace jest::apps::report {

/// How a series is drawn wherever it appears.
struct Stroke {
  std::string color;  ///< a CSS colour of this program, "var(--blue)"
  std::string dash;   ///< SVG dash pattern; empty is solid
};

struct BandPoint {
  double x = 0;
  double y = 0;
  double low = 0;
  double high = 0;
};

struct Series {
  std::string name;
  Stroke stroke;
  std::vector<BandPoint> points;  ///< what is not finite is left out
};

/// Three significant digits.
std::string three_digits(double value);

/// A value that holds for the whole chart.
struct Level {
  std::string label;
  double value = 0;
};

struct LineChart {
  ChartLabels labels;
  std::vector<Series> series;
  std::vector<Level> levels;
  std::string (*number)(double) = three_digits;  ///< how values of y are told
};

/// A figure; a sentence in its place if nothing is finite.
Html line_chart(const LineChart& chart);

/// One entry per series and level in the order in which the lines end, top first.
Html legend(const LineChart& chart);

/// A short piece of line as it stands in legends and tables.
Html swatch(const Stroke& stroke);

}  // namespace jest::apps::report
