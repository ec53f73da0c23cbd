#pragma once
// From runs to the series of a chart: medians and ranges over seeds.

#include <functional>

#include "report/arm_results.hpp"
#include "report/line_chart.hpp"

namespace jest::apps::report {

/// The primary measure of the arm against `x` of each evaluation, seeds joined by step.
Series score_curve(const ArmResult& arm, const std::function<double(const Evaluation&)>& x);

/// Share of `tag` among the arm's picks over steps, in percent.
Series tag_curve(const ArmResult& arm, const std::string& tag);

/// Means of `value` over `bin` steps at a time.
Series smoothed_curve(const ArmResult& arm, double bin,
                      const std::function<double(const Step&)>& value);

/// A bin that leaves about a hundred points of the arm's longest run.
double smoothing_bin(const ArmResult& arm);

/// Losses fall fast at first, and would flatten all that follows: the points above what every curve
/// is at most after the first tenth of its way are left out. The last point of a curve stays.
std::vector<Series> without_the_start(std::vector<Series> losses);

}  // namespace jest::apps::report
