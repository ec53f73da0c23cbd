// Enqueues a selection on a CUDA device with workspace, ids and stream of LibTorch.

#include "on_cuda.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/torch.h>

#include <map>

namespace jest::detail {
namespace {

/// A copy in pinned memory. `pin_memory()` makes none of what is pinned already.
at::Tensor pinned_copy(const at::Tensor& host) {
  return torch::empty(host.sizes(), host.options().pinned_memory(true)).copy_(host);
}

/// [B] int64 on `device`, or undefined. What the host has goes through pinned memory: the call does
/// not wait, and the caller may free its memory at once.
at::Tensor ids_on(const at::Device& device, at::Tensor ids, std::int64_t candidates) {
  if (!ids.defined()) return {};
  check_ids(ids, candidates);
  if (ids.is_cpu()) ids = pinned_copy(ids);
  return ids.to(device, /*non_blocking=*/true).contiguous();
}

/// A selector serves one thread and one device. Its second stream and its graphs outlive calls.
cuda::Selector& own_selector(c10::DeviceIndex device) {
  thread_local std::map<c10::DeviceIndex, cuda::Selector> selectors;
  return selectors.try_emplace(device, cuda::Engine{}).first->second;
}

std::int64_t* longs(const at::Tensor& tensor) { return tensor.data_ptr<std::int64_t>(); }

DevicePicks empty_picks(const SelectionSpec& spec, const at::Device& device) {
  const auto on_device = at::TensorOptions().device(device);
  DevicePicks picks;
  picks.indices = torch::empty({spec.count}, on_device.dtype(at::kLong));
  picks.scores = torch::empty({spec.count}, on_device.dtype(at::kDouble));
  picks.report = torch::empty({sizeof(cuda::DeviceReport)}, on_device.dtype(at::kByte));
  picks.spec = spec;
  return picks;
}

}  // namespace

/// What an element is to the backend; nothing where it must be converted.
std::optional<cuda::Element> element_of(at::ScalarType type) {
  if (type == at::kFloat) return cuda::Element::kFloat32;
  if (type == at::kHalf) return cuda::Element::kFloat16;
  if (type == at::kBFloat16) return cuda::Element::kBfloat16;
  return std::nullopt;
}

cuda::DeviceMatrix device_matrix(const at::Tensor& rows) {
  return {rows.const_data_ptr(), rows.size(0), rows.size(1),
          std::max<std::int64_t>(rows.stride(0), rows.size(1)), *element_of(rows.scalar_type())};
}

bool selects_on_cuda(const at::Tensor& rows, Backend backend) {
  if (backend != Backend::kDefault && backend != Backend::kCuda) return false;
  if (!rows.defined() || rows.is_cpu()) return false;
  if (!rows.is_cuda() || !cuda::available()) {
    refuse("select", "a backend for that device in this build, or one of the host by name",
           text("tensors on ", rows.device()));
  }
  return true;
}

void check_ids(const at::Tensor& ids, std::int64_t candidates) {
  if (ids.dim() != 1 || ids.scalar_type() != at::kLong || ids.numel() != candidates) {
    refuse("select, ids", text("ids [", candidates, "] int64"), ids.dtype(), " ", ids.sizes());
  }
}

DevicePicks enqueue_on_cuda(const at::Device& device, cuda::DeviceCriterion criterion,
                            const SelectionSpec& spec, const at::Tensor& given_ids) {
  const std::int64_t candidates =
      std::visit([](const auto& any) { return any.candidates(); }, criterion);
  const at::Tensor ids = ids_on(device, given_ids, candidates);
  std::visit([&](auto& any) { any.ids = ids.defined() ? longs(ids) : nullptr; }, criterion);
  const std::int64_t bytes = cuda::workspace_bytes(criterion, spec, {});
  DevicePicks picks = empty_picks(spec, device);
  picks.candidates = candidates;
  picks.statistics.backend = "cuda";
  picks.statistics.extra_bytes = bytes;
  // Let go with this call: the allocator gives memory again only to work behind on this stream.
  const at::Tensor workspace = torch::empty({bytes}, picks.report.options());
  const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
  picks.stream = stream;
  own_selector(device.index())
      .enqueue(criterion, spec,
               {longs(picks.indices), picks.scores.data_ptr<double>(),
                static_cast<cuda::DeviceReport*>(picks.report.mutable_data_ptr())},
               {workspace.mutable_data_ptr(), bytes, stream.native_handle()});
  return picks;
}

}  // namespace jest::detail
