// Selection of tensors by the host: views over CPU values, or a wait for the device's answer.

#include "jest/torch/select.hpp"

#include <torch/torch.h>

#include "jest/core/cost.hpp"
#include "jest/select/select.hpp"
#include "on_cuda.hpp"

namespace jest {
namespace {

/// Contiguous CPU values of a tensor with `dims` dimensions; `who` names it.
at::Tensor host_values(const char* who, const at::Tensor& values, std::int64_t dims,
                       at::ScalarType type = at::kFloat) {
  if (!values.defined() || values.dim() != dims) {
    refuse(who, dims == 1 ? "one dimension" : text(dims, " dimensions"),
           values.defined() ? text(values.dim()) : std::string("nothing"));
  }
  return values.detach().to(at::kCPU, type).contiguous();
}

template <class Value>
std::span<const Value> span_of(const at::Tensor& values) {
  return {values.const_data_ptr<Value>(), static_cast<std::size_t>(values.numel())};
}

/// Ids in host memory, kept alive with the view over them.
class HostIds {
 public:
  HostIds(const at::Tensor& ids, std::int64_t candidates) {
    if (!ids.defined()) return;
    detail::check_ids(ids, candidates);
    values_ = ids.detach().to(at::kCPU).contiguous();
  }

  std::span<const std::int64_t> view() const {
    return values_.defined() ? span_of<std::int64_t>(values_) : std::span<const std::int64_t>();
  }

 private:
  at::Tensor values_;
};

/// What `enqueue` leaves on a device, on the host, with the time it took.
template <class Enqueue>
Selection waited_for(const Enqueue& enqueue) {
  double seconds = 0;
  Selection selection = timed(seconds, [&] { return enqueue().selection(); });
  selection.statistics.select_ms = 1e3 * seconds;
  return selection;
}

}  // namespace

Selection select(const PairTensors& tensors, const SelectionSpec& spec, const PairScore& score) {
  if (!spec.exchange && detail::selects_on_cuda(tensors, spec.backend, score)) {
    return waited_for([&] { return select_on_device(tensors, spec, score); });
  }
  HostEmbeddings learner;
  HostEmbeddings reference;
  if (score.weights.learner != 0) learner = {"select, learner", tensors.learner};
  if (score.weights.reference != 0) reference = {"select, reference", tensors.reference};
  ContrastivePairs pairs{learner.view(), reference.view(), score.weights};
  const HostIds ids(tensors.ids, pairs.candidates());
  pairs.ids = ids.view();
  if (score.contrast == Contrast::kSoftmax) return select(SoftmaxPairs{pairs}, spec);
  return select(SigmoidPairs{pairs}, spec);
}

Selection select(const LossTensors& losses, const SelectionSpec& spec,
                 const ScoreWeights& weights) {
  check_weights(weights);
  const at::Tensor& known = weights.learner != 0 ? losses.learner : losses.reference;
  if (!spec.exchange && detail::selects_on_cuda(known, spec.backend)) {
    return waited_for([&] { return select_on_device(losses, spec, weights); });
  }
  at::Tensor learner;
  at::Tensor reference;
  Losses views;
  if (weights.learner != 0) {
    learner = host_values("select, learner losses", losses.learner, 1);
    views.learner = span_of<float>(learner);
  }
  if (weights.reference != 0) {
    reference = host_values("select, reference losses", losses.reference, 1);
    views.reference = span_of<float>(reference);
  }
  const HostIds ids(losses.ids, (weights.learner != 0 ? learner : reference).numel());
  views.ids = ids.view();
  return select(views, spec, weights);
}

Selection select(const AlignmentTensors& gradients, const SelectionSpec& spec,
                 const AlignmentScore& score) {
  if (!spec.exchange && detail::selects_on_cuda(gradients.features, spec.backend)) {
    return waited_for([&] { return select_on_device(gradients, spec, score); });
  }
  const at::Tensor features = host_values("select, gradient features", gradients.features, 2);
  const at::Tensor direction = host_values("select, target direction", gradients.direction, 1);
  GradientAlignment criterion{
      .features = matrix_view(features.data_ptr<float>(), features.size(0), features.size(1)),
      .direction = span_of<float>(direction),
      .step_size = score.step_size};
  at::Tensor added;
  if (gradients.added.defined()) {
    added = host_values("select, added terms", gradients.added, 1, at::kDouble);
    criterion.added = span_of<double>(added);
  }
  const HostIds ids(gradients.ids, features.size(0));
  criterion.ids = ids.view();
  return select(criterion, spec);
}

Selection select(const DiversityTensors& candidates, const SelectionSpec& spec,
                 const DiversityScore& score) {
  if (!spec.exchange && detail::selects_on_cuda(candidates.embeddings, spec.backend)) {
    return waited_for([&] { return select_on_device(candidates, spec, score); });
  }
  const at::Tensor rows = host_values("select, embeddings", candidates.embeddings, 2);
  const at::Tensor own = host_values("select, importance", candidates.importance, 1, at::kDouble);
  const HostIds ids(candidates.ids, rows.size(0));
  return select(EmbeddingDiversity{.importance = span_of<double>(own),
                                   .embeddings = matrix_view(rows.data_ptr<float>(), rows.size(0),
                                                             rows.size(1)),
                                   .strength = score.strength,
                                   .ids = ids.view()},
                spec);
}

at::Tensor index_tensor(const Selection& selection) {
  return torch::tensor(selection.indices, at::kLong);
}

at::Tensor id_tensor(std::span<const std::int64_t> ids) {
  if (ids.empty()) return {};
  auto* values = const_cast<std::int64_t*>(ids.data());  // from_blob has no other form
  return torch::from_blob(values, {std::ssize(ids)}, at::kLong);
}

}  // namespace jest
