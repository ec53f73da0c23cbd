#include "train/energy/run_energy.hpp"

#include <c10/core/Device.h>

#include <cmath>
#include <cstdlib>
#include <memory>

#include "train/energy/gpu_energy.hpp"
#include "train/energy/package_energy.hpp"

namespace jest::apps::train {
namespace {

/// Adds a meter to those that are there, or why there is none.
template <class Meter>
void add(RunEnergy& energy, const std::string& name, const std::shared_ptr<Meter>& meter) {
  if (!meter->missing().empty())
    return energy.not_counted.push_back(name + ": " + meter->missing());
  const std::string before = energy.meter.name;
  energy.meter.name = before.empty() ? name : before + " and " + name;
  energy.meter.joules = [others = energy.meter.joules, meter] {
    return (others ? others() : 0) + meter->joules();
  };
}

}  // namespace

double RunEnergy::joules() const { return meter.joules ? meter.joules() : std::nan(""); }

RunEnergy find_meters(const std::string& device_name) {
  const char* named = std::getenv("JEST_POWERCAP");
  const std::string powercap = named != nullptr ? named : "/sys/class/powercap";
  RunEnergy energy;
  add(energy, "processor packages (RAPL)", std::make_shared<PackageEnergy>(powercap));
  const c10::Device device(device_name);
  if (device.is_cuda()) {
    const int number = device.has_index() ? device.index() : 0;
    add(energy, "GPU (NVML)", std::make_shared<GpuEnergy>(number));
  }
  return energy;
}

nlohmann::ordered_json describe_energy(const RunEnergy& energy) {
  const auto& name = energy.meter.name;
  return {{"meter", name.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(name)},
          {"not_counted", energy.not_counted}};
}

}  // namespace jest::apps::train
