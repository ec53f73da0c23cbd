#include "report/curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "report/arm_style.hpp"

namespace jest::apps::report {
namespace {

struct SeedPoints {
  std::vector<double> x, y;
};

// By step: what each seed has there.
using PointsByStep = std::map<double, SeedPoints>;

Series joined(const ArmResult& arm, const PointsByStep& by_step) {
  Series series{arm.arm, arm_stroke(arm), {}};
  for (const auto& [step, seeds] : by_step) {
    const Spread y = spread(seeds.y);
    series.points.push_back({spread(seeds.x).median, y.median, y.low, y.high});
  }
  return series;
}

}  // namespace

Series score_curve(const ArmResult& arm, const std::function<double(const Evaluation&)>& x) {
  PointsByStep by_step;
  for (const Run* run : arm.runs) {
    for (const Evaluation& evaluation : run->metrics.evaluations) {
      SeedPoints& points = by_step[evaluation.step];
      points.x.push_back(x(evaluation));
      points.y.push_back(evaluation.score());
    }
  }
  return joined(arm, by_step);
}

Series tag_curve(const ArmResult& arm, const std::string& tag) {
  PointsByStep by_step;
  for (const Run* run : arm.runs) {
    for (const PickedTags& entry : run->picked_tags) {
      const auto found = entry.shares.find(tag);
      SeedPoints& points = by_step[entry.step];
      points.x.push_back(entry.step);
      points.y.push_back(found == entry.shares.end() ? 0 : 100 * found->second);
    }
  }
  return joined(arm, by_step);
}

Series smoothed_curve(const ArmResult& arm, double bin,
                      const std::function<double(const Step&)>& value) {
  PointsByStep by_bin;
  for (const Run* run : arm.runs) {
    std::map<double, std::vector<double>> bins;
    for (const Step& step : run->metrics.steps) {
      const double last_of_bin = std::max(1.0, std::ceil(step.step / bin)) * bin;
      bins[last_of_bin].push_back(value(step));
    }
    for (const auto& [end, values] : bins) {
      by_bin[end].x.push_back(end - bin / 2);
      by_bin[end].y.push_back(mean(values));
    }
  }
  return joined(arm, by_bin);
}

double smoothing_bin(const ArmResult& arm) {
  constexpr double kPoints = 100;
  double last = 1;
  for (const Run* run : arm.runs) {
    for (const Step& step : run->metrics.steps) last = std::max(last, step.step);
  }
  return std::max(1.0, std::round(last / kPoints));
}

std::vector<Series> without_the_start(std::vector<Series> losses) {
  constexpr double kStart = 0.1;
  double top = -std::numeric_limits<double>::infinity();
  for (const Series& series : losses) {
    for (const BandPoint& p : series.points) {
      if (p.x > kStart * series.points.back().x) top = std::max(top, p.high);
    }
  }
  for (Series& series : losses) {
    std::erase_if(series.points, [top](const BandPoint& p) { return p.high > top; });
  }
  return losses;
}

}  // namespace jest::apps::report
