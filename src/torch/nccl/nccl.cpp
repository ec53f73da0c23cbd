// NCCL for the CUDA tensors of a process group: the only code that sees CUDA's half of LibTorch,
// apart from libjest, which is linked without it.

#include <c10/core/impl/DeviceGuardImplInterface.h>

#include "jest/torch/world.hpp"

#define USE_C10D_NCCL 1
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace jest {
namespace {

bool has_backend(const c10d::ProcessGroup& group, c10::DeviceType type) {
  for (const c10::Device& kind : group.getDeviceTypes()) {
    if (kind.type() == type) return true;
  }
  return false;
}

void check(const c10d::ProcessGroup& group) {
  using c10::impl::hasDeviceGuardImpl;
  const bool loaded = hasDeviceGuardImpl(c10::kCUDA);
  if (!loaded || c10::impl::getDeviceGuardImpl(c10::kCUDA)->deviceCount() == 0) {
    refuse("nccl", "a CUDA device", "none");
  }
  if (!group.getStore()) refuse("nccl", "a process group with a store", "one without");
  if (has_backend(group, c10::kCUDA)) {
    refuse("nccl", "a process group without a backend for CUDA", "one that has it");
  }
}

}  // namespace

void nccl(c10d::ProcessGroup& group) {
  check(group);
  try {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    if (has_backend(group, c10::kCPU)) {
      options->timeout = group.getBackend(c10::kCPU)->getBackendOptions()->timeout;
    }
    auto store = c10::make_intrusive<c10d::PrefixStore>("nccl", group.getStore());
    auto backend = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, group.getRank(),
                                                               group.getSize(), options);
    group.setBackend(c10::kCUDA, c10d::ProcessGroup::BackendType::NCCL, backend);
  } catch (const std::exception& error) {
    const std::string_view words(error.what());
    throw Error(text("nccl: ", words.substr(0, words.find('\n'))));
  }
}

}  // namespace jest
