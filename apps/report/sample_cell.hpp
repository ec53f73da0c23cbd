#pragma once
// How one example looks.

#include "report/html.hpp"
#include "report/run_data.hpp"

namespace jest::apps::report {

/// A picture beside its name, a passage with its line ends, or two texts, shortened; the id where
/// there is nothing to show. A picture is shown only if it is a bitmap in base64.
Html sample_cell(const Sample& sample);

}  // namespace jest::apps::report
