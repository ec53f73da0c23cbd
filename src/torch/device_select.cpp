// Selection of pairs where their embeddings are: on a CUDA device, or by the host.

#include "jest/torch/device_select.hpp"

#include <c10/core/DeviceGuard.h>
#include <torch/torch.h>

#include "on_cuda.hpp"

namespace jest {
namespace {

const Embeddings& weighed_of(const PairTensors& pairs, const PairScore& score) {
  return score.weights.learner != 0 ? pairs.learner : pairs.reference;
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
  const bool as_is = type == model.y.scalar_type() && detail::element_of(type);
  const auto rows = [&](const at::Tensor& side) {
    return detail::contiguous_rows(side.detach().to(as_is ? type : at::kFloat));
  };
  DeviceRows result{rows(model.x), rows(model.y), {}};
  result.view.x = detail::device_matrix(result.x);
  result.view.y = detail::device_matrix(result.y);
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

DevicePicks select_on_cuda(const PairTensors& tensors, const SelectionSpec& spec,
                           const PairScore& score) {
  const at::Device device = weighed_of(tensors, score).x.device();
  const c10::DeviceGuard guard(device);
  cuda::DevicePairs pairs{.weights = score.weights, .contrast = score.contrast};
  DeviceRows learner;
  DeviceRows reference;
  if (score.weights.learner != 0) learner = rows_of("select, learner", tensors.learner, device);
  if (score.weights.reference != 0) {
    reference = rows_of("select, reference", tensors.reference, device);
  }
  pairs.learner = learner.view;
  pairs.reference = reference.view;
  read_logits(pairs, tensors);
  return detail::enqueue_on_cuda(device, pairs, spec, tensors.ids);
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
  return selects_on_cuda(x, backend);
}

DevicePicks select_on_device(const PairTensors& pairs, const SelectionSpec& spec,
                             const PairScore& score) {
  if (detail::selects_on_cuda(pairs, spec.backend, score)) {
    return select_on_cuda(pairs, spec, score);
  }
  return detail::picks_of_host(select(pairs, spec, score), spec, weighed_of(pairs, score).x);
}

}  // namespace jest
