#pragma once
// The box around a chart: axes, ticks, labels, and where a value falls in it.
//
// Charts are drawn 380 units wide, which is about the pixels they get both in three columns of a
// wide page and alone on a narrow one: text keeps its size.

#include <string>

#include "report/html.hpp"
#include "report/ticks.hpp"

namespace jest::apps::report {

inline constexpr int kYTicks = 5;
inline constexpr int kXTicks = 5;

struct ChartLabels {
  std::string title;    ///< above the chart
  std::string x_title;  ///< with unit
  std::string y_title;  ///< with unit
};

/// Where the plot lies in the drawing.
struct PlotArea {
  double left = 48, right = 356, top = 30, bottom = 222;
};

enum class Scale { kLinear, kLogarithmic };

class ChartFrame {
 public:
  /// `scale` is that of x, which is above 0 if it is logarithmic.
  ChartFrame(Range x, Range y, Scale scale = Scale::kLinear, PlotArea area = {});

  double x_pixel(double x) const;
  double y_pixel(double y) const;
  const PlotArea& area() const { return area_; }

  /// The figure with `marks` over grid and axes.
  Html figure(const ChartLabels& labels, const Html& marks) const;

 private:
  Html y_axis(const std::string& title) const;
  Html x_axis(const std::string& title) const;
  Html x_tick(double value, int decimals) const;

  Range x_, y_;
  Scale scale_;
  PlotArea area_;
};

/// A coordinate in SVG: one decimal.
std::string coordinate(double pixels);

/// "M x,y L x,y ..." needs pairs: "12.0,34.5".
std::string point(double x, double y);

}  // namespace jest::apps::report
