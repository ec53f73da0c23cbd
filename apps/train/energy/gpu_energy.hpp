#pragma once
// What a GPU has taken since a moment, by NVML. No library of CUDA is linked: those of the driver
// are loaded when a run is on such a device.

#include <string>

namespace jest::apps::train {

/// Libraries of the driver, by the names that the loader knows.
struct DriverLibraries {
  const char* nvml = "libnvidia-ml.so.1";
  const char* cuda = "libcuda.so.1";
};

/// The counter of a whole GPU, also where the program has a part of it (MIG). Since Volta.
/// Source: NVML API reference, nvmlDeviceGetTotalEnergyConsumption, in millijoules since the driver
/// was loaded.
class GpuEnergy {
 public:
  /// `device` is CUDA's number, of the devices that this process may see.
  explicit GpuEnergy(int device, const DriverLibraries& libraries = {});

  /// Why nothing is counted; empty where the GPU is.
  const std::string& missing() const { return missing_; }

  /// NaN once it could not be read.
  double joules();

 private:
  using Handle = void*;  // nvmlDevice_t
  using TotalEnergy = int (*)(Handle, unsigned long long*);

  void find(int device, const DriverLibraries& libraries);

  std::string missing_;
  Handle gpu_ = nullptr;
  TotalEnergy total_energy_ = nullptr;
};

}  // namespace jest::apps::train
