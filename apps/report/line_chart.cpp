#include "report/line_chart.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "jest/core/error.hpp"
#include "report/number_format.hpp"

namespace jest::apps::report {
namespace {

constexpr std::size_t kMostDots = 30;
const Stroke kLevelStroke = {"var(--muted)", "2 4"};

std::vector<BandPoint> finite_points(const std::vector<BandPoint>& points) {
  std::vector<BandPoint> finite;
  for (BandPoint p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) continue;
    if (!std::isfinite(p.low)) p.low = p.y;
    if (!std::isfinite(p.high)) p.high = p.y;
    finite.push_back(p);
  }
  return finite;
}

LineChart finite_part(LineChart chart) {
  for (Series& series : chart.series) series.points = finite_points(series.points);
  std::erase_if(chart.series, [](const Series& series) { return series.points.empty(); });
  std::erase_if(chart.levels, [](const Level& level) { return !std::isfinite(level.value); });
  return chart;
}

struct Ends {
  double shortest, longest;
};

Ends ends_of(const std::vector<Series>& all) {
  Ends ends{all.front().points.back().x, all.front().points.back().x};
  for (const Series& series : all) {
    const double end = series.points.back().x;
    ends = {std::min(ends.shortest, end), std::max(ends.longest, end)};
  }
  return ends;
}

/// On a linear axis lines of very different lengths would be a heap at its left.
Scale scale_of(const Ends& ends) {
  constexpr double kFarApart = 5;
  return ends.shortest > 0 && ends.longest > kFarApart * ends.shortest ? Scale::kLogarithmic
                                                                       : Scale::kLinear;
}

/// What lies left of a logarithmic axis: a twentieth of the shortest line.
LineChart without_the_left(LineChart chart, const Ends& ends) {
  constexpr double kPart = 0.05;
  for (Series& series : chart.series) {
    std::erase_if(series.points, [&](const BandPoint& p) { return p.x < kPart * ends.shortest; });
  }
  return chart;
}

// An axis that ends just short of a tick ends at the tick.
Range nearly_rounded(Range x) {
  constexpr double kSmallPart = 0.08;
  const Range wide = widened_to_ticks(x, kXTicks);
  return wide.high - x.high < kSmallPart * (x.high - x.low) ? Range{x.low, wide.high} : x;
}

ChartFrame frame_of(const LineChart& chart, Scale scale) {
  const BandPoint& any = chart.series.front().points.front();
  Range x{scale == Scale::kLinear ? 0 : any.x, any.x}, y{any.low, any.high};
  for (const Series& series : chart.series) {
    for (const BandPoint& p : series.points) {
      x = {std::min(x.low, p.x), std::max(x.high, p.x)};
      y = {std::min(y.low, p.low), std::max(y.high, p.high)};
    }
  }
  for (const Level& level : chart.levels) {
    y = {std::min(y.low, level.value), std::max(y.high, level.value)};
  }
  return {scale == Scale::kLinear ? nearly_rounded(x) : x, widened_to_ticks(y, kYTicks), scale};
}

std::string stroke_style(const Stroke& stroke) {
  const std::string dash = stroke.dash.empty() ? "" : ";stroke-dasharray:" + stroke.dash;
  return "style=\"stroke:" + stroke.color + dash + "\"";
}

Html band(const Series& series, const ChartFrame& frame) {
  std::string path = "M";
  for (const BandPoint& p : series.points) {
    path += point(frame.x_pixel(p.x), frame.y_pixel(p.high)) + " ";
  }
  for (auto p = series.points.rbegin(); p != series.points.rend(); ++p) {
    path += point(frame.x_pixel(p->x), frame.y_pixel(p->low)) + " ";
  }
  return Html::markup(
      text("<path class=\"band\" style=\"fill:", series.stroke.color, "\" d=\"", path, "Z\"/>\n"));
}

// Each dot tells its numbers to a pointer that rests on it.
Html dots(const Series& series, const LineChart& chart, const ChartFrame& frame) {
  Html all;
  for (const BandPoint& p : series.points) {
    const std::string range =
        p.low < p.high ? text(" (", chart.number(p.low), " to ", chart.number(p.high), ")") : "";
    const Html title =
        element("title", text(series.name, " · ", chart.labels.x_title, " ", trimmed(p.x, 4), " · ",
                              chart.labels.y_title, " ", chart.number(p.y), range));
    all += element(
        "circle", title,
        text("cx=\"", coordinate(frame.x_pixel(p.x)), "\" cy=\"", coordinate(frame.y_pixel(p.y)),
             "\" r=\"2.2\" style=\"fill:", series.stroke.color, "\""));
  }
  return all;
}

Html curve(const Series& series, const ChartFrame& frame) {
  std::string points;
  for (const BandPoint& p : series.points) {
    points += point(frame.x_pixel(p.x), frame.y_pixel(p.y)) + " ";
  }
  return Html::markup(text("<polyline class=\"curve\" ", stroke_style(series.stroke), " points=\"",
                           points, "\"/>\n"));
}

Html level_line(const Level& level, const ChartFrame& frame) {
  const std::string y = coordinate(frame.y_pixel(level.value));
  return element("line", element("title", level.label),
                 text("class=\"level\" x1=\"", coordinate(frame.area().left), "\" x2=\"",
                      coordinate(frame.area().right), "\" y1=\"", y, "\" y2=\"", y, "\""));
}

struct LegendEntry {
  std::string name;
  Stroke stroke;
  double value;
};

}  // namespace

std::string three_digits(double value) { return significant(value, 3); }

Html line_chart(const LineChart& chart) {
  LineChart finite = finite_part(chart);
  if (finite.series.empty()) {
    const std::string why = chart.labels.title + ": no chart, for the runs hold no such numbers.";
    return element("figure", element("p", why, "class=\"absent\""));
  }
  const Ends ends = ends_of(finite.series);
  const Scale scale = scale_of(ends);
  if (scale == Scale::kLogarithmic) finite = without_the_left(std::move(finite), ends);
  const ChartFrame frame = frame_of(finite, scale);
  Html marks;
  for (const Series& series : finite.series) marks += band(series, frame);
  for (const Series& series : finite.series) marks += curve(series, frame);
  for (const Series& series : finite.series) {
    if (series.points.size() <= kMostDots) marks += dots(series, finite, frame);
  }
  for (const Level& level : finite.levels) marks += level_line(level, frame);
  return element("figure", frame.figure(finite.labels, marks));
}

Html legend(const LineChart& chart) {
  const LineChart finite = finite_part(chart);
  std::vector<LegendEntry> entries;
  for (const Series& series : finite.series) {
    entries.push_back({series.name, series.stroke, series.points.back().y});
  }
  for (const Level& level : finite.levels) {
    entries.push_back({level.label, kLevelStroke, level.value});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const LegendEntry& a, const LegendEntry& b) { return a.value > b.value; });
  Html items;
  for (const LegendEntry& entry : entries) {
    const Html value = element("span", finite.number(entry.value), "class=\"value\"");
    items += element("li", swatch(entry.stroke) + entry.name + Html(" ") + value);
  }
  return element("ul", items, "class=\"legend\"");
}

Html swatch(const Stroke& stroke) {
  return Html::markup(
      text("<svg class=\"swatch\" viewBox=\"0 0 26 8\" aria-hidden=\"true\"><line "
           "x1=\"1\" y1=\"4\" x2=\"25\" y2=\"4\" ",
           stroke_style(stroke), "/></svg>"));
}

}  // namespace jest::apps::report
