#pragma once
// From tensors on a CUDA device to the backend there, whatever the criterion.

#include <optional>

#include "jest/select/cuda.hpp"
#include "jest/torch/device_select.hpp"

namespace jest::detail {

/// What an element is to the backend; nothing where it must be converted.
std::optional<cuda::Element> element_of(at::ScalarType type);

/// A view of rows of one of those elements.
cuda::DeviceMatrix device_matrix(const at::Tensor& rows);

/// Whether a selection over `rows` happens where they are: see select_on_device. An undefined
/// tensor is for the host to refuse.
bool selects_on_cuda(const at::Tensor& rows, Backend backend);

/// Throws unless `ids`, which is defined, is [candidates] int64.
void check_ids(const at::Tensor& ids, std::int64_t candidates);

/// Enqueues on the current stream of `device`, which is the current device. `ids`: [B] int64 on any
/// device, in the place of the criterion's; or undefined.
DevicePicks enqueue_on_cuda(const at::Device& device, cuda::DeviceCriterion criterion,
                            const SelectionSpec& spec, const at::Tensor& ids);

/// A selection that the host has made, with its picks on the device of `rows`, [B, ...].
DevicePicks picks_of_host(const Selection& selection, const SelectionSpec& spec,
                          const at::Tensor& rows);

}  // namespace jest::detail
