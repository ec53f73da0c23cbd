#pragma once
// The result of an experiment in plain sentences, whichever way it falls.

#include <string>
#include <vector>

#include "report/arm_results.hpp"

namespace jest::apps::report {

struct Headline {
  std::string lead;                ///< one or two sentences
  std::vector<std::string> notes;  ///< what a fair reader wants to know next, one sentence each
};

Headline headline(const std::vector<ArmResult>& results, const Measure& measure);

}  // namespace jest::apps::report
