// The calls of NVML and of CUDA's driver that apps/train/energy makes, of a machine with two GPUs.

#include <cstring>

namespace {

int second_gpu = 0;
unsigned long long millijoules = 1'000'000;

constexpr int kInvalidDevice = 101;  // CUDA's
constexpr int kNotFound = 6;         // NVML's

}  // namespace

extern "C" {

int cuInit(unsigned) { return 0; }

int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal < 2 ? 0 : kInvalidDevice;
}

int cuDeviceGetPCIBusId(char* bus_id, int size, int device) {
  std::strncpy(bus_id, device == 1 ? "0000:02:00.0" : "0000:01:00.0", static_cast<unsigned>(size));
  return 0;
}

int nvmlInit_v2() { return 0; }

int nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, void** handle) {
  *handle = &second_gpu;
  return std::strcmp(bus_id, "0000:02:00.0") == 0 ? 0 : kNotFound;
}

int nvmlDeviceGetTotalEnergyConsumption(void* handle, unsigned long long* energy) {
  *energy = millijoules += 1500;
  return handle == &second_gpu ? 0 : kNotFound;
}
}
