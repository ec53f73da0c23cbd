#include "report/chart_frame.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "jest/core/error.hpp"
#include "report/number_format.hpp"

namespace jest::apps::report {
namespace {

constexpr int kWidth = 380, kHeight = 268;

struct Label {
  double x, y;
  const char* anchor;
  const char* kind;  // style class
};

Html svg_text(const Label& label, const std::string& content) {
  return element("text", content,
                 text("x=\"", coordinate(label.x), "\" y=\"", coordinate(label.y),
                      "\" text-anchor=\"", label.anchor, "\" class=\"", label.kind, "\""));
}

struct Line {
  double x1, y1, x2, y2;
};

Html svg_line(const Line& line, const char* kind) {
  return Html::markup(text("<line x1=\"", coordinate(line.x1), "\" y1=\"", coordinate(line.y1),
                           "\" x2=\"", coordinate(line.x2), "\" y2=\"", coordinate(line.y2),
                           "\" class=\"", kind, "\"/>\n"));
}

}  // namespace

ChartFrame::ChartFrame(Range x, Range y, Scale scale, PlotArea area)
    : x_(x), y_(y), scale_(scale), area_(area) {
  if (!(x_.high > x_.low)) x_.high = x_.low + 1;
  if (!(y_.high > y_.low)) y_.high = y_.low + 1;
}

double ChartFrame::x_pixel(double x) const {
  const double part = scale_ == Scale::kLinear ? (x - x_.low) / (x_.high - x_.low)
                                               : std::log(x / x_.low) / std::log(x_.high / x_.low);
  return area_.left + part * (area_.right - area_.left);
}

double ChartFrame::y_pixel(double y) const {
  return area_.bottom - (y - y_.low) / (y_.high - y_.low) * (area_.bottom - area_.top);
}

Html ChartFrame::y_axis(const std::string& title) const {
  constexpr double kLabelGap = 8, kHalfTextHeight = 4.5, kTitleRise = 15;
  const double edge = PlotArea().left;
  const Ticks ticks = nice_ticks(y_, kYTicks);
  Html axis = svg_text({2, area_.top - kTitleRise, "start", "axis"}, title);
  for (const double value : ticks.values) {
    const double y = y_pixel(value);
    axis += svg_line({edge, y, area_.right, y}, "grid");
    axis += svg_text({edge - kLabelGap, y + kHalfTextHeight, "end", "tick"},
                     fixed(value, ticks.decimals));
  }
  return axis;
}

Html ChartFrame::x_tick(double value, int decimals) const {
  constexpr double kTick = 5, kLabelDrop = 19;
  const double x = x_pixel(value);
  return svg_line({x, area_.bottom, x, area_.bottom + kTick}, "base") +
         svg_text({x, area_.bottom + kLabelDrop, "middle", "tick"}, fixed(value, decimals));
}

Html ChartFrame::x_axis(const std::string& title) const {
  constexpr double kTitleDrop = 39;
  Html axis = svg_line({area_.left, area_.bottom, area_.right, area_.bottom}, "base");
  if (scale_ == Scale::kLinear) {
    const Ticks ticks = nice_ticks(x_, kXTicks);
    for (const double value : ticks.values) axis += x_tick(value, ticks.decimals);
  } else {
    for (const double value : logarithmic_ticks(x_, kXTicks)) {
      axis += x_tick(value, std::max(0, static_cast<int>(std::ceil(-std::log10(value)))));
    }
  }
  const double middle = (area_.left + area_.right) / 2;
  const std::string said = scale_ == Scale::kLinear ? title : title + ", logarithmic";
  return axis + svg_text({middle, area_.bottom + kTitleDrop, "middle", "axis"}, said);
}

Html ChartFrame::figure(const ChartLabels& labels, const Html& marks) const {
  const std::string description =
      text(labels.title, ": ", labels.y_title, " against ", labels.x_title);
  const Html content = y_axis(labels.y_title) + x_axis(labels.x_title) + marks;
  const Html drawing = element("svg", content,
                               text("viewBox=\"0 0 ", kWidth, " ", kHeight, "\" role=\"img\" ",
                                    attribute("aria-label", description)));
  return element("figcaption", labels.title) + drawing;
}

std::string coordinate(double pixels) {
  std::array<char, 32> buffer;
  const double bounded = std::clamp(pixels, -9999.0, 9999.0);
  std::snprintf(buffer.data(), buffer.size(), "%.1f", bounded);
  return buffer.data();
}

std::string point(double x, double y) { return coordinate(x) + "," + coordinate(y); }

}  // namespace jest::apps::report
