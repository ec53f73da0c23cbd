#pragma once
// Devices by name, for programs that let their user choose one.

#include <c10/core/Device.h>

#include <string>

#include "jest/core/error.hpp"

namespace jest {

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
