#pragma once
// Devices by name, for programs that let their user choose one, and mixed precision for the time of
// a scope.

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

#include "jest/core/error.hpp"

namespace torch::nn {
class Module;
}

namespace jest {

/// In what a model computes. Parameters, gradients and optimizer state stay what they are.
enum class Precision {
  kAmbient,   ///< as the scopes around say; without any, in the parameters' own type
  kFull,      ///< in the parameters' own type, whatever the scopes around say
  kBfloat16,  ///< products in bfloat16, by LibTorch's autocast; norms and losses in float32
};

/// LibTorch's autocast on one kind of device, in this thread, until the scope ends; what was there
/// before comes back. Meant for forward passes: backward repeats their types by itself.
class JEST_EXPORT AutocastGuard {
 public:
  AutocastGuard(c10::DeviceType device, Precision precision);
  /// On the device of a module's first parameter.
  AutocastGuard(const torch::nn::Module& module, Precision precision);
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;
  ~AutocastGuard();

 private:
  c10::DeviceType device_;
  Precision precision_;
  bool was_enabled_;
  c10::ScalarType was_type_;
};

/// The device of a name: "cpu", "cuda" (the first one) or "cuda:N".
///
/// LibTorch's CUDA half is a library of its own that no program of ours links: a name of a CUDA
/// device loads it from where the rest of LibTorch lies. LibTorch settles once whether there is
/// CUDA, so ask before anything else is asked of it. Throws jest::Error on other names, where
/// LibTorch has no CUDA, and where no such device is visible.
JEST_EXPORT c10::Device find_device(const std::string& name);

/// Throws unless `name` is one of a device; does not check that there is such a device.
JEST_EXPORT void check_device_name(const std::string& name);

}  // namespace jest
