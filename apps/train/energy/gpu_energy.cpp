#include "train/energy/gpu_energy.hpp"

#include <dlfcn.h>

#include <array>
#include <cmath>

#include "jest/core/error.hpp"

namespace jest::apps::train {
namespace {

/// A function of a library, which stays loaded.
template <class Function>
Function* function_of(const char* library, const char* name) {
  void* loaded = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) throw Error(::dlerror());
  void* found = ::dlsym(loaded, name);
  if (found == nullptr) throw Error(text(library, " has no ", name));
  return reinterpret_cast<Function*>(found);
}

void expect_success(const char* call, int answer) {
  if (answer != 0) throw Error(text(call, " answers ", answer));
}

/// What both libraries know a GPU by; CUDA alone knows which devices this process may see.
std::string bus_id_of(int device, const char* cuda) {
  std::array<char, 64> bus_id{};
  int handle = 0;
  expect_success("cuInit", function_of<int(unsigned)>(cuda, "cuInit")(0));
  expect_success("cuDeviceGet", function_of<int(int*, int)>(cuda, "cuDeviceGet")(&handle, device));
  expect_success("cuDeviceGetPCIBusId",
                 function_of<int(char*, int, int)>(cuda, "cuDeviceGetPCIBusId")(
                     bus_id.data(), static_cast<int>(bus_id.size()), handle));
  return bus_id.data();
}

}  // namespace

GpuEnergy::GpuEnergy(int device, const DriverLibraries& libraries) {
  try {
    find(device, libraries);
  } catch (const Error& error) {
    missing_ = error.what();
  }
}

void GpuEnergy::find(int device, const DriverLibraries& libraries) {
  const char* nvml = libraries.nvml;
  expect_success("nvmlInit_v2", function_of<int()>(nvml, "nvmlInit_v2")());
  const std::string bus_id = bus_id_of(device, libraries.cuda);
  expect_success("nvmlDeviceGetHandleByPciBusId_v2",
                 function_of<int(const char*, Handle*)>(nvml, "nvmlDeviceGetHandleByPciBusId_v2")(
                     bus_id.c_str(), &gpu_));
  total_energy_ =
      function_of<int(Handle, unsigned long long*)>(nvml, "nvmlDeviceGetTotalEnergyConsumption");
  unsigned long long millijoules = 0;
  expect_success("nvmlDeviceGetTotalEnergyConsumption", total_energy_(gpu_, &millijoules));
}

double GpuEnergy::joules() {
  unsigned long long millijoules = 0;
  if (!missing_.empty() || total_energy_(gpu_, &millijoules) != 0) return std::nan("");
  return 1e-3 * static_cast<double>(millijoules);
}

}  // namespace jest::apps::train
