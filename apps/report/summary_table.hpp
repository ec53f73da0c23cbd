#pragma once
// The result of an experiment as plain text for a terminal.

#include <nlohmann/json.hpp>
#include <string>

namespace jest::apps::report {

/// One row per arm, medians over seeds, at most 80 columns. `summary` is the content of
/// summary.json; throws jest::Error naming the field that is missing or malformed.
std::string summary_table(const nlohmann::json& summary);

}  // namespace jest::apps::report
