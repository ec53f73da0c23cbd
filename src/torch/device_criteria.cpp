// Selection where the tensors are, by criteria other than pairs'.

#include <c10/core/DeviceGuard.h>
#include <torch/torch.h>

#include "on_cuda.hpp"

namespace jest {
namespace {

using detail::device_matrix;
using detail::enqueue_on_cuda;
using detail::picks_of_host;
using detail::selects_on_cuda;

/// Contiguous values of one type on `device`; throws unless there are `dims` dimensions.
at::Tensor values_on(const at::Device& device, const char* who, const at::Tensor& values,
                     std::int64_t dims, at::ScalarType type) {
  if (!values.defined() || values.dim() != dims) {
    refuse(who, dims == 1 ? "one dimension" : text(dims, " dimensions"),
           values.defined() ? text(values.dim()) : std::string("nothing"));
  }
  return values.detach().to(device, type).contiguous();
}

void check_length(const char* who, const at::Tensor& values, std::int64_t length) {
  if (values.size(0) != length) refuse(who, text(length, " values"), values.size(0));
}

/// Rows [B, d] in a type that is read in place.
at::Tensor rows_on(const at::Device& device, const char* who, const at::Tensor& rows) {
  const bool as_is = rows.defined() && detail::element_of(rows.scalar_type());
  return values_on(device, who, rows, 2, as_is ? rows.scalar_type() : at::kFloat);
}

}  // namespace

DevicePicks select_on_device(const LossTensors& losses, const SelectionSpec& spec,
                             const ScoreWeights& weights) {
  check_weights(weights);
  const at::Tensor& first = weights.learner != 0 ? losses.learner : losses.reference;
  if (!selects_on_cuda(first, spec.backend)) {
    return picks_of_host(select(losses, spec, weights), spec, first);
  }
  const at::Device device = first.device();
  const c10::DeviceGuard guard(device);
  cuda::DeviceLosses criterion{.weights = weights};
  at::Tensor learner;
  at::Tensor reference;
  if (weights.learner != 0) {
    learner = values_on(device, "select, learner losses", losses.learner, 1, at::kFloat);
    criterion.learner = learner.const_data_ptr<float>();
    criterion.rows = learner.size(0);
  }
  if (weights.reference != 0) {
    reference = values_on(device, "select, reference losses", losses.reference, 1, at::kFloat);
    if (criterion.rows > 0) check_length("select, reference losses", reference, criterion.rows);
    criterion.reference = reference.const_data_ptr<float>();
    criterion.rows = reference.size(0);
  }
  return enqueue_on_cuda(device, criterion, spec, losses.ids);
}

DevicePicks select_on_device(const AlignmentTensors& gradients, const SelectionSpec& spec,
                             const AlignmentScore& score) {
  if (!selects_on_cuda(gradients.features, spec.backend)) {
    return picks_of_host(select(gradients, spec, score), spec, gradients.features);
  }
  const at::Device device = gradients.features.device();
  const c10::DeviceGuard guard(device);
  const at::Tensor features = rows_on(device, "select, gradient features", gradients.features);
  const at::Tensor direction =
      values_on(device, "select, target direction", gradients.direction, 1, at::kFloat);
  check_length("select, target direction", direction, features.size(1));
  cuda::DeviceAlignment criterion{.features = device_matrix(features),
                                  .direction = direction.const_data_ptr<float>(),
                                  .step_size = score.step_size};
  at::Tensor added;
  if (gradients.added.defined()) {
    added = values_on(device, "select, added terms", gradients.added, 1, at::kDouble);
    check_length("select, added terms", added, features.size(0));
    criterion.added = added.const_data_ptr<double>();
  }
  return enqueue_on_cuda(device, criterion, spec, gradients.ids);
}

DevicePicks select_on_device(const DiversityTensors& candidates, const SelectionSpec& spec,
                             const DiversityScore& score) {
  if (!selects_on_cuda(candidates.embeddings, spec.backend)) {
    return picks_of_host(select(candidates, spec, score), spec, candidates.embeddings);
  }
  const at::Device device = candidates.embeddings.device();
  const c10::DeviceGuard guard(device);
  const at::Tensor rows = rows_on(device, "select, embeddings", candidates.embeddings);
  const at::Tensor own =
      values_on(device, "select, importance", candidates.importance, 1, at::kDouble);
  check_length("select, importance", own, rows.size(0));
  return enqueue_on_cuda(device,
                         cuda::DeviceDiversity{.importance = own.const_data_ptr<double>(),
                                               .embeddings = device_matrix(rows),
                                               .strength = score.strength},
                         spec, candidates.ids);
}

}  // namespace jest
