#pragma once
// The parts of a report on one experiment, in reading order.

#include <vector>

#include "report/arm_results.hpp"
#include "report/html.hpp"
#include "report/run_data.hpp"

namespace jest::apps::report {

/// An experiment and what its arms came to.
struct Study {
  const Experiment& experiment;
  std::vector<ArmResult> results;
};

Html headline_section(const Study& study);
Html results_section(const Study& study);
Html curves_section(const Study& study);
Html picks_section(const Study& study);
Html samples_section(const Study& study);
Html cost_section(const Study& study);
Html energy_part(const Study& study);  ///< of the section on costs
Html reproduce_section(const Study& study);

/// Once per report: what its words mean.
Html terms_section(const std::vector<Study>& studies);

/// One row per experiment; for reports on several.
Html comparison_section(const std::vector<Study>& studies);

/// Where the section on the experiment of that position begins.
std::string anchor(std::size_t position);

/// "0.742 (0.731–0.750)"; the median alone if there is one value.
std::string median_and_range(const Spread& spread);

/// A term and what it means, for a list of definitions.
Html definition(const std::string& term, const Html& meaning);

/// A ratio with its sign, "2.50×"; "–" if it is not finite.
std::string ratio_text(double ratio);

/// The same for a ratio that is infinite where the target was missed.
std::string passage_text(double ratio);

}  // namespace jest::apps::report
