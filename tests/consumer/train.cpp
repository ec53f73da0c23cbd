// Uses jest::jest: one selection and one optimizer step of a model of its own.

#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <torch/nn/module.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>

#include "jest/scorers/joint_example_scorer.hpp"

namespace {

constexpr std::int64_t kWidth = 8;

struct Pairs {
  at::Tensor x, y;
  std::vector<std::int64_t> names;

  std::span<const std::int64_t> ids() const { return names; }
  Pairs at(const std::vector<std::int64_t>& positions) const {
    const at::Tensor rows = at::tensor(positions, at::kLong);
    std::vector<std::int64_t> chosen;
    for (const std::int64_t position : positions) chosen.push_back(names[position]);
    return {x.index_select(0, rows), y.index_select(0, rows), chosen};
  }
};

struct Towers : torch::nn::Module {
  at::Tensor weight = register_parameter("weight", at::eye(kWidth));

  jest::Embeddings embed(const Pairs& batch) const {
    const at::Tensor x = at::matmul(batch.x, weight);
    return {x / at::linalg_vector_norm(x, 2, {1}, true), batch.y, at::tensor(10.0F),
            at::tensor(-5.0F)};
  }
};

}  // namespace

int main() {
  Pairs super_batch{at::randn({32, kWidth}), at::randn({32, kWidth}),
                    std::vector<std::int64_t>(32)};
  super_batch.y = super_batch.y / at::linalg_vector_norm(super_batch.y, 2, {1}, true);
  std::iota(super_batch.names.begin(), super_batch.names.end(), 100);

  const auto model = std::make_shared<Towers>();
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  jest::Learner learner{model, optimizer};
  jest::ReferenceModel reference{std::make_shared<Towers>()};
  jest::JointExampleScorer scorer{
      learner, reference, {.count = 8, .sampling = {.chunks = 4}, .seed = 7}};

  const jest::Selection picks = scorer.select(super_batch, 0);
  const at::Tensor before = model->weight.detach().clone();
  const double loss = learner.step(super_batch.at(picks.indices));
  const bool moved = !model->weight.detach().equal(before);
  std::printf("consumer: %zu picks, loss %.3f\n", picks.indices.size(), loss);
  return picks.indices.size() == 8 && std::isfinite(loss) && moved ? 0 : 1;
}
