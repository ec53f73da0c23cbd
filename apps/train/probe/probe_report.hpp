#pragma once
// What a probe found, as JSON and as a few lines for a terminal.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/probe/map_place.hpp"
#include "train/probe/useful_share.hpp"

namespace jest::apps::train {

struct ProbeFindings {
  std::int64_t trained = 0;   ///< curated rows that trained the reference
  std::int64_t held_out = 0;  ///< curated rows that did not
  std::int64_t looked_at = 0;
  std::int64_t repeated = 0;  ///< rows read with the content of an earlier one
  UsefulShare useful;
  std::vector<MapPoint> map;  ///< empty: not found
};

nlohmann::ordered_json probe_json(const ProbeFindings& findings);

/// Lines of at most 80 columns.
std::string probe_lines(const ProbeFindings& findings);

}  // namespace jest::apps::train
