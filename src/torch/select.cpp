#include "jest/torch/select.hpp"

#include <torch/torch.h>

#include "jest/core/stage_seconds.hpp"
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

template <class Real>
std::span<const Real> span_of(const at::Tensor& values) {
  return {values.data_ptr<Real>(), static_cast<std::size_t>(values.numel())};
}

/// What `enqueue` leaves on a device, on the host, with the time it took.
template <class Enqueue>
Selection waited_for(const Enqueue& enqueue) {
  double seconds = 0;
  Selection selection = timed(seconds, [&] { return enqueue().selection(); });
  selection.statistics.select_ms = 1e3 * seconds;
  return selection;
}

}  // namespace

Selection select(const Embeddings& learner, const Embeddings& reference, const SelectionSpec& spec,
                 const PairScore& score) {
  if (detail::selects_on_cuda({learner, reference, {}}, spec.backend, score)) {
    return waited_for([&] { return select_on_device({learner, reference, {}}, spec, score); });
  }
  HostEmbeddings learner_rows;
  HostEmbeddings reference_rows;
  if (score.weights.learner != 0) learner_rows = {"select, learner", learner};
  if (score.weights.reference != 0) reference_rows = {"select, reference", reference};
  const ContrastivePairs pairs{learner_rows.view(), reference_rows.view(), score.weights};
  if (score.contrast == Contrast::kSoftmax) return select(SoftmaxPairs{pairs}, spec);
  return select(SigmoidPairs{pairs}, spec);
}

Selection select(const LossTensors& losses, const SelectionSpec& spec,
                 const ScoreWeights& weights) {
  check_weights(weights);
  if (detail::selects_on_cuda(weights.learner != 0 ? losses.learner : losses.reference,
                              spec.backend)) {
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
  SeparableScores scores(views, weights);
  return select(scores, spec);
}

Selection select(const AlignmentTensors& gradients, const SelectionSpec& spec,
                 const AlignmentScore& score) {
  if (detail::selects_on_cuda(gradients.features, spec.backend)) {
    return waited_for([&] { return select_on_device(gradients, spec, score); });
  }
  const at::Tensor features = host_values("select, gradient features", gradients.features, 2);
  const at::Tensor direction = host_values("select, target direction", gradients.direction, 1);
  GradientAlignment criterion{
      .features = matrix_view(features.data_ptr<float>(), features.size(0), features.size(1)),
      .direction = span_of<float>(direction),
      .step_size = score.step_size};
  at::Tensor also;
  if (gradients.also.defined()) {
    also = host_values("select, added terms", gradients.also, 1, at::kDouble);
    criterion.also = span_of<double>(also);
  }
  return select(criterion, spec);
}

Selection select(const DiversityTensors& candidates, const SelectionSpec& spec,
                 const DiversityScore& score) {
  if (detail::selects_on_cuda(candidates.embeddings, spec.backend)) {
    return waited_for([&] { return select_on_device(candidates, spec, score); });
  }
  const at::Tensor rows = host_values("select, embeddings", candidates.embeddings, 2);
  const at::Tensor own = host_values("select, importance", candidates.importance, 1, at::kDouble);
  return select(EmbeddingDiversity{.importance = span_of<double>(own),
                                   .embeddings = matrix_view(rows.data_ptr<float>(), rows.size(0),
                                                             rows.size(1)),
                                   .strength = score.strength},
                spec);
}

at::Tensor index_tensor(const Selection& selection) {
  return torch::tensor(selection.indices, at::kLong);
}

}  // namespace jest
