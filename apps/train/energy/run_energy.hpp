#pragma once
// The meters that a run has, and what is said of them.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jest/train/trainer.hpp"

namespace jest::apps::train {

struct RunEnergy {
  EnergyMeter meter = {};                     ///< counts nothing where there is none
  std::vector<std::string> not_counted = {};  ///< what is not, and why

  /// Of the whole machine or GPU, whatever else runs there; NaN without a meter.
  double joules() const;
};

/// The packages of the processor, and the GPU where `device_name` is one. A folder in the place of
/// /sys/class/powercap is named by JEST_POWERCAP in the environment.
RunEnergy find_meters(const std::string& device_name);

/// "energy" of summary.json.
nlohmann::ordered_json describe_energy(const RunEnergy& energy);

}  // namespace jest::apps::train
