#include "jest/torch/losses.hpp"

#include <torch/torch.h>

namespace jest {
namespace {

at::Tensor logits(const Embeddings& batch) {
  at::Tensor u = torch::matmul(batch.x, batch.y.t());
  return batch.scale.defined() ? u * batch.scale : u;
}

}  // namespace

at::Tensor sigmoid_loss(const Embeddings& batch) {
  at::Tensor u = logits(batch);
  if (batch.bias.defined()) u = u + batch.bias;
  const std::int64_t n = u.size(0);
  // softplus(u) everywhere, and softplus(−u) = softplus(u) − u on the diagonal.
  const at::Tensor pairs = torch::nn::functional::softplus(u);
  return (pairs.sum() - u.diagonal().sum()) / n;
}

at::Tensor softmax_loss(const Embeddings& batch) {
  const at::Tensor u = logits(batch);
  const at::Tensor own = u.diagonal();
  return (0.5 * (u.logsumexp(1) + u.logsumexp(0)) - own).mean();
}

}  // namespace jest
