// Retrieval recall, computed tile by tile.

#include "jest/torch/embeddings.hpp"

#include <torch/torch.h>

namespace jest {
namespace {

constexpr std::int64_t kTileRows = 512;

/// For each query, how many other targets score at least as high as its own.
at::Tensor ranks(const at::Tensor& queries, const at::Tensor& targets) {
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < queries.size(0); first += kTileRows) {
    const std::int64_t end = std::min(first + kTileRows, queries.size(0));
    const at::Tensor scores = torch::matmul(queries.slice(0, first, end), targets.t());
    const at::Tensor own = scores.diagonal(first).unsqueeze(1);
    // Whatever does not score below the own target counts, NaN too.
    parts.push_back((scores < own).logical_not().sum(1) - 1);
  }
  return torch::cat(parts);
}

double share_below(const at::Tensor& ranks, std::int64_t k) {
  return (ranks < k).to(at::kDouble).mean().item<double>();
}

}  // namespace

RetrievalRecall retrieval_recall(const Embeddings& pairs) {
  const at::Tensor forward = ranks(pairs.x, pairs.y);
  const at::Tensor backward = ranks(pairs.y, pairs.x);
  return {.at_1 = 0.5 * (share_below(forward, 1) + share_below(backward, 1)),
          .at_10 = 0.5 * (share_below(forward, 10) + share_below(backward, 10))};
}

}  // namespace jest
