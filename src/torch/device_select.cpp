#include "jest/torch/device_select.hpp"

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/torch.h>

#include <cstring>
#include <map>

#include "jest/select/cuda.hpp"

namespace jest {
namespace {

const Embeddings& weighed_of(const PairTensors& pairs, const PairScore& score) {
  return score.weights.learner != 0 ? pairs.learner : pairs.reference;
}

/// What an element is to the backend; nothing where it must be converted.
std::optional<cuda::Element> element_of(at::ScalarType type) {
  if (type == at::kFloat) return cuda::Element::kFloat32;
  if (type == at::kHalf) return cuda::Element::kFloat16;
  if (type == at::kBFloat16) return cuda::Element::kBfloat16;
  return std::nullopt;
}

void check_side(const std::string& who, const at::Tensor& side, const at::Device& device) {
  if (!side.defined() || side.dim() != 2 || !side.is_floating_point()) {
    refuse(who, "embeddings [B, d] of a floating dtype",
           side.defined() ? text(side.dtype(), " with ", side.dim(), " dimensions")
                          : std::string("an undefined tensor"));
  }
  if (side.device() != device) {
    refuse(who, text("all embeddings on ", device), text("some on ", side.device()));
  }
}

cuda::DeviceMatrix matrix_of(const at::Tensor& rows) {
  return {rows.const_data_ptr(), rows.size(0), rows.size(1),
          std::max<std::int64_t>(rows.stride(0), rows.size(1)), *element_of(rows.scalar_type())};
}

/// One model's rows, kept alive with the view over them.
struct DeviceRows {
  at::Tensor x;
  at::Tensor y;
  cuda::DeviceEmbeddings view;
};

DeviceRows rows_of(const std::string& who, const Embeddings& model, const at::Device& device) {
  check_side(who, model.x, device);
  check_side(who, model.y, device);
  const at::ScalarType type = model.x.scalar_type();
  const bool as_is = type == model.y.scalar_type() && element_of(type);
  const auto rows = [&](const at::Tensor& side) {
    return detail::contiguous_rows(side.detach().to(as_is ? type : at::kFloat));
  };
  DeviceRows result{rows(model.x), rows(model.y), {}};
  result.view.x = matrix_of(result.x);
  result.view.y = matrix_of(result.y);
  return result;
}

/// Reads numbers out of 0-d tensors; all that lie on a device come over in one copy.
class Numbers {
 public:
  void read_into(double& target, const std::string& who, const at::Tensor& value) {
    if (!value.defined()) return;
    if (value.numel() != 1) refuse(who, "a 0-d scale and bias", text(value.numel(), " values"));
    const at::Tensor number = value.detach().reshape({1}).to(at::kDouble);
    if (number.is_cpu()) {
      target = number.item<double>();
    } else {
      far_.push_back(number);
      targets_.push_back(&target);
    }
  }

  void fetch() const {
    if (far_.empty()) return;
    const at::Tensor host = torch::cat(far_).to(at::kCPU);
    for (std::size_t k = 0; k < far_.size(); ++k) *targets_[k] = host.data_ptr<double>()[k];
  }

 private:
  std::vector<at::Tensor> far_;
  std::vector<double*> targets_;
};

void read_logits(cuda::DevicePairs& pairs, const PairTensors& tensors) {
  Numbers numbers;
  const auto read = [&](const std::string& who, const Embeddings& model,
                        cuda::DeviceEmbeddings& view) {
    numbers.read_into(view.scale, who, model.scale);
    numbers.read_into(view.bias, who, model.bias);
  };
  if (pairs.weights.learner != 0) read("select, learner", tensors.learner, pairs.learner);
  if (pairs.weights.reference != 0) read("select, reference", tensors.reference, pairs.reference);
  numbers.fetch();
}

/// [B] int64 on `device`, or undefined. What the host has goes by way of pinned memory: nobody
/// waits, and the caller may let go of it at once.
at::Tensor ids_on(const at::Device& device, const PairTensors& pairs, const SelectionSpec& spec) {
  at::Tensor ids = pairs.ids;
  if (!ids.defined()) {
    if (spec.ids.empty()) return {};
    auto* host = const_cast<std::int64_t*>(spec.ids.data());  // from_blob has no other form
    ids = torch::from_blob(host, {std::ssize(spec.ids)}, at::kLong);
  }
  if (ids.is_cpu()) ids = ids.pin_memory();
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

DevicePicks select_on_cuda(const PairTensors& tensors, const SelectionSpec& spec,
                           const PairScore& score) {
  const at::Device device = weighed_of(tensors, score).x.device();
  const c10::DeviceGuard guard(device);
  cuda::DevicePairs pairs{
      .weights = score.weights,
      .loss = score.contrast == Contrast::kSoftmax ? cuda::Loss::kSoftmax : cuda::Loss::kSigmoid};
  DeviceRows learner;
  DeviceRows reference;
  if (score.weights.learner != 0) learner = rows_of("select, learner", tensors.learner, device);
  if (score.weights.reference != 0) {
    reference = rows_of("select, reference", tensors.reference, device);
  }
  pairs.learner = learner.view;
  pairs.reference = reference.view;
  read_logits(pairs, tensors);
  const at::Tensor ids = ids_on(device, tensors, spec);
  SelectionSpec on_device = spec;
  on_device.ids = {};
  if (ids.defined()) on_device.ids = {longs(ids), static_cast<std::size_t>(ids.numel())};
  const std::int64_t bytes = cuda::workspace_bytes(pairs, on_device, {});
  DevicePicks picks = empty_picks(spec, device);
  picks.candidates = pairs.candidates();
  picks.statistics.backend = "cuda";
  picks.statistics.extra_bytes = bytes;
  // Let go with this call: the allocator gives memory again only to work behind on this stream.
  const at::Tensor workspace = torch::empty({bytes}, picks.status.options());
  const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
  own_selector(device.index())
      .enqueue(pairs, on_device,
               {longs(picks.indices), picks.scores.data_ptr<double>(),
                static_cast<cuda::Status*>(picks.status.mutable_data_ptr())},
               {workspace.mutable_data_ptr(), bytes, stream.native_handle()});
  return picks;
}

/// By a backend of the host, or in host memory.
DevicePicks select_on_host(const PairTensors& pairs, const SelectionSpec& spec,
                           const PairScore& score) {
  SelectionSpec of_host = spec;
  at::Tensor ids;
  if (pairs.ids.defined()) {
    ids = pairs.ids.detach().to(at::kCPU).contiguous();
    of_host.ids = {longs(ids), static_cast<std::size_t>(ids.numel())};
  }
  const Selection selection = select(pairs.learner, pairs.reference, of_host, score);
  const at::Device device = weighed_of(pairs, score).x.device();
  DevicePicks picks{.indices = index_tensor(selection).to(device),
                    .scores = torch::tensor(selection.scores, at::kDouble).to(device),
                    .status = {},
                    .spec = spec,
                    .candidates = weighed_of(pairs, score).x.size(0),
                    .statistics = selection.statistics};
  picks.spec.ids = {};
  return picks;
}

cuda::Status status_of(const at::Tensor& bytes) {
  const at::Tensor host = bytes.to(at::kCPU);
  cuda::Status status;
  std::memcpy(&status, host.const_data_ptr(), sizeof(status));
  return status;
}

template <class Value>
std::vector<Value> values_of(const at::Tensor& tensor) {
  const at::Tensor host = tensor.to(at::kCPU).contiguous();
  return {host.data_ptr<Value>(), host.data_ptr<Value>() + host.numel()};
}

void check_ids_tensor(const at::Tensor& ids, const SelectionSpec& spec) {
  if (!ids.defined()) return;
  if (ids.dim() != 1 || ids.scalar_type() != at::kLong) {
    refuse("select, ids", "ids [B] int64", text(ids.dtype(), " ", ids.sizes()));
  }
  if (!spec.ids.empty()) refuse("select, ids", "one of a tensor and spec.ids", "both");
}

}  // namespace

bool detail::selects_on_cuda(const PairTensors& pairs, Backend backend, const PairScore& score) {
  check_weights(score.weights);
  if (backend != Backend::kDefault && backend != Backend::kCuda) return false;
  const at::Tensor& x = weighed_of(pairs, score).x;
  const at::Tensor& other = score.weights.reference != 0 ? pairs.reference.x : x;
  if (!x.defined() || !other.defined()) return false;
  if (x.device() != other.device()) {
    refuse("select", "learner and reference on one device",
           text(x.device(), " and ", other.device()));
  }
  if (x.is_cpu()) return false;
  if (!x.is_cuda() || !cuda::available()) {
    refuse("select", "a backend for that device in this build, or one of the host by name",
           text("tensors on ", x.device()));
  }
  return true;
}

DevicePicks select_on_device(const PairTensors& pairs, const SelectionSpec& spec,
                             const PairScore& score) {
  check_ids_tensor(pairs.ids, spec);
  return detail::selects_on_cuda(pairs, spec.backend, score) ? select_on_cuda(pairs, spec, score)
                                                             : select_on_host(pairs, spec, score);
}

void DevicePicks::check() const {
  if (status.defined()) cuda::check_status(status_of(status), spec, candidates);
}

Selection DevicePicks::selection() const {
  Selection result{{}, {}, statistics};
  if (status.defined()) {
    const cuda::Status said = status_of(status);
    cuda::check_status(said, spec, candidates);
    result.statistics.nan_count = said.nan_count;
    result.statistics.mean_own_score_super_batch = said.mean_own_score_super_batch;
    result.statistics.mean_own_score_picks = said.mean_own_score_picks;
  }
  result.indices = values_of<std::int64_t>(indices);
  result.scores = values_of<double>(scores);
  return result;
}

}  // namespace jest
