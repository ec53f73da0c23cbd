#include "jest/torch/losses.hpp"

#include <torch/torch.h>

namespace jest {
namespace {

/// float32 in the place of 16-bit types: a logit of −10 has no room there for what a loss tells.
at::Tensor widened(const at::Tensor& rows) {
  return at::isReducedFloatingType(rows.scalar_type()) ? rows.to(at::kFloat) : rows;
}

/// t·x·yᵀ, without the bias.
at::Tensor logits(const at::Tensor& x, const at::Tensor& y, const at::Tensor& scale) {
  const at::Tensor u = torch::matmul(widened(x), widened(y).t());
  return scale.defined() ? u * scale : u;
}

at::Tensor logits(const Embeddings& batch) { return logits(batch.x, batch.y, batch.scale); }

}  // namespace

at::Tensor sigmoid_loss(const Embeddings& batch) {
  at::Tensor u = logits(batch);
  if (batch.bias.defined()) u = u + batch.bias;
  const std::int64_t n = u.size(0);
  // softplus(u) everywhere, and softplus(−u) = softplus(u) − u on the diagonal.
  const at::Tensor pairs = torch::nn::functional::softplus(u);
  return (pairs.sum() - u.diagonal().sum()) / n;
}

at::Tensor sigmoid_loss(const Embeddings& batch, const Embeddings& others) {
  const auto negatives = [&](const at::Tensor& x, const at::Tensor& y) {
    at::Tensor u = logits(x, y, batch.scale);
    if (batch.bias.defined()) u = u + batch.bias;
    return torch::nn::functional::softplus(u).sum() / batch.x.size(0);
  };
  return sigmoid_loss(batch) + negatives(batch.x, others.y) + negatives(others.x, batch.y);
}

at::Tensor softmax_loss(const Embeddings& batch) {
  const at::Tensor u = logits(batch);
  const at::Tensor own = u.diagonal();
  return (0.5 * (u.logsumexp(1) + u.logsumexp(0)) - own).mean();
}

}  // namespace jest
