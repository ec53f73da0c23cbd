#pragma once
// A tiny batch and model that count how often they are used.

#include <torch/torch.h>

#include <numeric>

#include "jest/scorers/joint_example_scorer.hpp"

namespace jest::testing {

inline constexpr std::int64_t kWidth = 6;

struct VectorPairs {
  at::Tensor x, y;
  std::vector<std::int64_t> names;

  std::span<const std::int64_t> ids() const { return names; }
  VectorPairs at(const std::vector<std::int64_t>& positions) const {
    const at::Tensor rows = torch::tensor(positions, at::kLong).to(x.device());
    std::vector<std::int64_t> chosen;
    for (const auto position : positions) chosen.push_back(names.at(position));
    return {x.index_select(0, rows), y.index_select(0, rows), chosen};
  }
};

/// y is x rolled by one, so that a linear map can learn it. Ids start at 100.
inline VectorPairs make_pairs(std::int64_t count, std::int64_t seed) {
  torch::manual_seed(seed);
  const at::Tensor x = torch::randn({count, kWidth});
  VectorPairs pairs{x, x.roll(1, 1), std::vector<std::int64_t>(count)};
  std::iota(pairs.names.begin(), pairs.names.end(), 100);
  return pairs;
}

struct SmallTowersImpl : torch::nn::Module {
  torch::nn::Linear x{nullptr}, y{nullptr};
  torch::nn::Dropout dropout{nullptr};
  at::Tensor bias;
  int forwards = 0;

  SmallTowersImpl() {
    x = register_module("x", torch::nn::Linear(kWidth, kWidth));
    y = register_module("y", torch::nn::Linear(kWidth, kWidth));
    dropout = register_module("dropout", torch::nn::Dropout(0.2));
    bias = register_parameter("bias", torch::scalar_tensor(-3.0F));
  }
  Embeddings embed(const VectorPairs& batch) {
    ++forwards;
    namespace F = torch::nn::functional;
    return {F::normalize(x(dropout(batch.x))), F::normalize(y(dropout(batch.y))),
            torch::scalar_tensor(10.0F), bias};
  }
};
TORCH_MODULE(SmallTowers);

inline SmallTowers make_towers(std::uint64_t seed) {
  torch::manual_seed(seed);
  return SmallTowers();
}

/// Super-batches of a fixed pool: rows step, step + 1, ...
struct RollingSource {
  VectorPairs pool;
  std::int64_t size;

  VectorPairs at(std::int64_t step) const {
    std::vector<std::int64_t> rows(size);
    for (std::int64_t k = 0; k < size; ++k) rows[k] = (step * 7 + k) % pool.x.size(0);
    return pool.at(rows);
  }
};

}  // namespace jest::testing
