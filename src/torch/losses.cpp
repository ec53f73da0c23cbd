// Batch losses of two-tower models as operations of LibTorch.

#include "jest/torch/losses.hpp"

#include <torch/torch.h>

#include "jest/torch/device.hpp"

namespace jest {
namespace {

/// float32 in the place of 16-bit types: a logit of −10 has no room there for what a loss tells.
at::Tensor widened(const at::Tensor& rows) {
  return at::isReducedFloatingType(rows.scalar_type()) ? rows.to(at::kFloat) : rows;
}

/// t·x·yᵀ, without the bias; never cast to 16 bits.
at::Tensor logits(const at::Tensor& x, const at::Tensor& y, const at::Tensor& scale) {
  const AutocastGuard full(x.device().type(), Precision::kFull);
  const at::Tensor u = torch::matmul(widened(x), widened(y).t());
  return scale.defined() ? u * scale : u;
}

at::Tensor logits(const Embeddings& batch) { return logits(batch.x, batch.y, batch.scale); }

/// With the bias, which a softmax would not see.
at::Tensor biased_logits(const Embeddings& batch) {
  const at::Tensor u = logits(batch);
  return batch.bias.defined() ? u + batch.bias : u;
}

}  // namespace

at::Tensor sigmoid_loss(const Embeddings& batch) {
  const at::Tensor u = biased_logits(batch);
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
  return contrastive_losses(batch, Contrast::kSoftmax).mean();
}

at::Tensor part_of_contrastive_loss(const Embeddings& mine, const Embeddings& all,
                                    std::int64_t first, Contrast contrast) {
  const std::int64_t pairs = all.y.size(0);
  if (first < 0 || first + mine.x.size(0) > pairs) {
    refuse("part of a contrastive loss", text("rows of the ", pairs, " of a batch"),
           text(mine.x.size(0), " from ", first, " on"));
  }
  at::Tensor u = logits(mine.x, all.y, mine.scale);
  if (contrast == Contrast::kSoftmax) {
    const at::Tensor columns = logits(mine.y, all.x, mine.scale);
    const at::Tensor logs = 0.5 * (u.logsumexp(1) + columns.logsumexp(1));
    return (logs - u.diagonal(first)).sum() / pairs;
  }
  if (mine.bias.defined()) u = u + mine.bias;
  return (torch::nn::functional::softplus(u).sum() - u.diagonal(first).sum()) / pairs;
}

at::Tensor contrastive_losses(const Embeddings& batch, Contrast contrast) {
  if (contrast == Contrast::kSoftmax) {
    const at::Tensor u = logits(batch);
    return 0.5 * (u.logsumexp(1) + u.logsumexp(0)) - u.diagonal();
  }
  const at::Tensor u = biased_logits(batch);
  const at::Tensor pairs = torch::nn::functional::softplus(u);
  return 0.5 * (pairs.sum(1) + pairs.sum(0)) - u.diagonal();
}

at::Tensor own_losses(const Embeddings& batch, Contrast contrast) {
  at::Tensor u = (widened(batch.x) * widened(batch.y)).sum(1);
  if (batch.scale.defined()) u = u * batch.scale;
  if (contrast == Contrast::kSoftmax) return -u;
  if (batch.bias.defined()) u = u + batch.bias;
  return torch::nn::functional::softplus(-u);
}

at::Tensor distillation_loss(const Embeddings& student, const Embeddings& teacher) {
  const at::Tensor u = logits(student);
  const at::Tensor target = logits(teacher).detach().to(u.device());
  const auto cross_entropy = [&](std::int64_t dim) {
    return -(target.softmax(dim) * u.log_softmax(dim)).sum(dim).mean();
  };
  return 0.5 * (cross_entropy(1) + cross_entropy(0));
}

at::Tensor distilled_loss(const Embeddings& student, const Embeddings& teacher,
                          const Distillation& how) {
  return contrastive_loss(student, how.contrast) + how.weight * distillation_loss(student, teacher);
}

at::Tensor reference_weighted_loss(const at::Tensor& losses, const at::Tensor& reference_losses,
                                   double temperature) {
  const at::Tensor excess = (losses - reference_losses.detach().to(losses.device())) / temperature;
  return temperature * (excess.logsumexp(0) - std::log(static_cast<double>(excess.numel())));
}

at::Tensor learnable_token_loss(const at::Tensor& losses, const at::Tensor& reference_losses,
                                double share) {
  const at::Tensor reference = reference_losses.detach().to(losses.device());
  const at::Tensor padding = losses.detach().eq(0).logical_and(reference.eq(0));
  const at::Tensor excess = (losses.detach() - reference).masked_fill(padding, -INFINITY);
  const auto tokens = excess.numel() - padding.sum().item<std::int64_t>();
  const auto kept = static_cast<std::int64_t>(std::ceil(share * tokens));
  const at::Tensor chosen = std::get<1>(excess.flatten().topk(std::max<std::int64_t>(kept, 1)));
  return losses.flatten().index_select(0, chosen).mean();
}

}  // namespace jest
