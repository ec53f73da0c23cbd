#include "jest/torch/select.hpp"

#include <torch/torch.h>

#include "jest/select/select.hpp"

namespace jest {
namespace {

at::Tensor host_losses(const char* who, const at::Tensor& losses) {
  if (!losses.defined() || losses.dim() != 1) {
    refuse(who, "losses [B]",
           losses.defined() ? text(losses.dim(), " dimensions") : std::string("nothing"));
  }
  return losses.detach().to(at::kCPU, at::kFloat).contiguous();
}

std::span<const float> floats(const at::Tensor& losses) {
  return {losses.data_ptr<float>(), static_cast<std::size_t>(losses.numel())};
}

}  // namespace

Selection select(const Embeddings& learner, const Embeddings& reference, const SelectionSpec& spec,
                 const PairScore& score) {
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
  at::Tensor learner;
  at::Tensor reference;
  Losses views;
  if (weights.learner != 0) {
    learner = host_losses("select, learner losses", losses.learner);
    views.learner = floats(learner);
  }
  if (weights.reference != 0) {
    reference = host_losses("select, reference losses", losses.reference);
    views.reference = floats(reference);
  }
  SeparableScores scores(views, weights);
  return select(scores, spec);
}

at::Tensor index_tensor(const Selection& selection) {
  return torch::tensor(selection.indices, at::kLong);
}

}  // namespace jest
