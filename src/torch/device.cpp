// Devices by name, and the library that registers CUDA with LibTorch.

#include "jest/torch/device.hpp"

#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <dlfcn.h>
#include <torch/torch.h>

#include <charconv>
#include <optional>

namespace jest {
namespace {

/// A name as a device, if it is one's.
std::optional<c10::Device> parse(std::string_view name) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  if (name == "cuda") return c10::Device(c10::kCUDA, 0);
  constexpr std::string_view kNumbered = "cuda:";
  if (!name.starts_with(kNumbered)) return std::nullopt;
  name.remove_prefix(kNumbered.size());
  c10::DeviceIndex index = 0;
  const auto end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, index);
  if (error != std::errc() || stop != end || index < 0) return std::nullopt;
  return c10::Device(c10::kCUDA, index);
}

/// Registers CUDA with LibTorch unless it is registered; throws what the loader says.
void load_libtorch_cuda(const std::string& who) {
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) return;
  const char* said = dlerror();
  refuse(who, "a LibTorch with CUDA", said ? said : "none");
}

}  // namespace

void check_device_name(const std::string& name) {
  if (!parse(name)) refuse("device", "cpu, cuda or cuda:N", "'" + name + "'");
}

c10::Device find_device(const std::string& name) {
  check_device_name(name);
  const c10::Device device = *parse(name);
  if (device.is_cpu()) return device;
  const std::string who = "device " + name;
  load_libtorch_cuda(who);
  const bool registered = c10::impl::hasDeviceGuardImpl(c10::kCUDA);
  const int count = registered ? c10::impl::getDeviceGuardImpl(c10::kCUDA)->deviceCount() : 0;
  if (device.index() >= count) {
    refuse(who, "a CUDA device of that number", text(count, " visible devices"));
  }
  if (!at::hasCUDA()) {
    refuse(who, "to be asked for before LibTorch is used", "a LibTorch that settled for none");
  }
  return device;
}

}  // namespace jest
