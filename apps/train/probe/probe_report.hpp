#pragma once
// What a probe found, as JSON and as a few lines for a terminal.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "train/probe/filter_once.hpp"
#include "train/probe/map_place.hpp"
#include "train/probe/useful_share.hpp"

namespace jest::apps::train {

struct ProbeFindings {
  std::int64_t trained = 0;   ///< curated rows that trained the reference
  std::int64_t held_out = 0;  ///< curated rows that did not
  std::int64_t looked_at = 0;
  std::int64_t repeated = 0;  ///< rows read with the content of an earlier one
  UsefulShare useful;
  std::optional<CountedShare> counted = {};  ///< of tasks whose rows can be counted
  std::string not_counted = {};              ///< why not, where counting failed
  std::vector<MapPoint> map;                 ///< empty: not found
};

/// Above this share of rows that repeat another a pool repeats itself.
inline constexpr double kManyRepeated = 0.2;

/// "3.4 %", "34 %"
std::string percent(double share);

nlohmann::ordered_json probe_json(const ProbeFindings& findings);

/// Lines of at most 80 columns.
std::string probe_lines(const ProbeFindings& findings);

}  // namespace jest::apps::train
