#include "report/share_chart.hpp"

#include <algorithm>
#include <cmath>

#include "jest/core/error.hpp"

namespace jest::apps::report {
namespace {

constexpr double kBarWidth = 26, kBarGap = 12;
constexpr double kLabelDrop = 19;  // where the labels of the x axis stand

double finite_or_zero(double share) { return std::isfinite(share) ? share : 0; }

Html shape(const Layer& layer, const std::string& path) {
  return element("path", element("title", layer.name),
                 text("class=\"area\" style=\"fill:", layer.color, "\" d=\"M", path, "Z\""));
}

// Heights of the layers' edges: row k is the lower edge of layer k and the upper of layer k - 1.
std::vector<std::vector<double>> stacked_edges(const ShareChart& chart) {
  std::vector<std::vector<double>> edges{std::vector<double>(chart.x.size(), 0)};
  for (const Layer& layer : chart.layers) {
    std::vector<double> upper = edges.back();
    for (std::size_t i = 0; i < upper.size(); ++i) {
      upper[i] = std::min(1.0, upper[i] + finite_or_zero(layer.shares.at(i)));
    }
    edges.push_back(std::move(upper));
  }
  return edges;
}

Html areas(const ShareChart& chart, const ChartFrame& frame) {
  const std::vector<std::vector<double>> edges = stacked_edges(chart);
  Html all;
  for (std::size_t k = 0; k < chart.layers.size(); ++k) {
    std::string upper, lower;
    for (std::size_t i = 0; i < chart.x.size(); ++i) {
      const double x = frame.x_pixel(chart.x[i]);
      lower = point(x, frame.y_pixel(100 * edges[k][i])) + " " + lower;
      upper += point(x, frame.y_pixel(100 * edges[k + 1][i])) + " ";
    }
    all += shape(chart.layers[k], upper + lower);
  }
  return all;
}

Html source_bar(const ShareChart& chart, const ChartFrame& frame) {
  const double left = PlotArea().left, right = left + kBarWidth;
  double floor = 0;
  Html bar;
  for (const Layer& layer : chart.layers) {
    const double low = frame.y_pixel(100 * floor);
    floor = std::min(1.0, floor + finite_or_zero(layer.source));
    const double high = frame.y_pixel(100 * floor);
    bar += shape(layer, point(left, low) + " " + point(left, high) + " " + point(right, high) +
                            " " + point(right, low));
  }
  return bar +
         element("text", chart.bar_label,
                 text("class=\"tick\" text-anchor=\"middle\" x=\"", coordinate((left + right) / 2),
                      "\" y=\"", coordinate(frame.area().bottom + kLabelDrop), "\""));
}

Html layer_legend(const std::vector<Layer>& layers) {
  Html entries;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    const Html box =
        Html::markup("<span class=\"box\" style=\"background:" + layer->color + "\"></span>");
    entries += element("li", box + layer->name);
  }
  return element("ul", entries, "class=\"legend\"");
}

}  // namespace

Html share_chart(const ShareChart& chart) {
  if (chart.x.size() < 2) {
    const std::string why =
        chart.labels.title + ": no chart, for it takes tags at two steps or more.";
    return element("figure", element("p", why, "class=\"absent\""));
  }
  const bool has_bar = std::any_of(chart.layers.begin(), chart.layers.end(),
                                   [](const Layer& layer) { return layer.source > 0; });
  PlotArea plot;
  if (has_bar) plot.left += kBarWidth + kBarGap;
  const ChartFrame frame({chart.x.front(), chart.x.back()}, {0, 100}, Scale::kLinear, plot);
  const Html marks = (has_bar ? source_bar(chart, frame) : Html()) + areas(chart, frame);
  return element("figure", frame.figure(chart.labels, marks) + layer_legend(chart.layers));
}

}  // namespace jest::apps::report
