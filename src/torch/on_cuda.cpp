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

/// [B] int64 on `device`, or undefined. What the host has goes by way of pinned memory: nobody
/// waits, and the caller may let go of it at once.
at::Tensor ids_on(const at::Device& device, at::Tensor ids, const SelectionSpec& spec) {
  if (!ids.defined()) {
    if (spec.ids.empty()) return {};
    auto* host = const_cast<std::int64_t*>(spec.ids.data());  // from_blob has no other form
    ids = torch::from_blob(host, {std::ssize(spec.ids)}, at::kLong);
  }
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
  picks.status = torch::empty({sizeof(cuda::Status)}, on_device.dtype(at::kByte));
  picks.spec = spec;
  picks.spec.ids = {};
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

DevicePicks enqueue_on_cuda(const at::Device& device, const cuda::DeviceCriterion& criterion,
                            const SelectionSpec& spec, const at::Tensor& given_ids) {
  const at::Tensor ids = ids_on(device, given_ids, spec);
  SelectionSpec on_device = spec;
  on_device.ids = {};
  if (ids.defined()) on_device.ids = {longs(ids), static_cast<std::size_t>(ids.numel())};
  const std::int64_t bytes = cuda::workspace_bytes(criterion, on_device, {});
  DevicePicks picks = empty_picks(spec, device);
  picks.candidates = std::visit([](const auto& any) { return any.candidates(); }, criterion);
  picks.statistics.backend = "cuda";
  picks.statistics.extra_bytes = bytes;
  // Let go with this call: the allocator gives memory again only to work behind on this stream.
  const at::Tensor workspace = torch::empty({bytes}, picks.status.options());
  const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
  picks.stream = stream;
  own_selector(device.index())
      .enqueue(criterion, on_device,
               {longs(picks.indices), picks.scores.data_ptr<double>(),
                static_cast<cuda::Status*>(picks.status.mutable_data_ptr())},
               {workspace.mutable_data_ptr(), bytes, stream.native_handle()});
  return picks;
}

}  // namespace jest::detail
