// A published method by its name, in your own loop. method_by_name [NAME], for instance aced.
//
// Text pairs stand in as vectors: a pair matches where y is a rotation of x, and three pairs in
// four do not match.

#include <torch/torch.h>

#include <iostream>

#include "jest/jest.hpp"

namespace {

using jest::TensorBatch;
constexpr std::int64_t kRows = 4096, kWidth = 16, kSuperBatch = 256, kBatch = 32;
struct TowersImpl : torch::nn::Module {
  torch::nn::Linear x{nullptr}, y{nullptr};
  TowersImpl() {
    x = register_module("x", torch::nn::Linear(kWidth, kWidth));
    y = register_module("y", torch::nn::Linear(kWidth, kWidth));
  }
  jest::Embeddings embed(const TensorBatch& batch) {
    namespace F = torch::nn::functional;
    return {F::normalize(x(batch[0])), F::normalize(y(batch[1])), torch::scalar_tensor(10.0F),
            torch::scalar_tensor(-3.0F)};
  }
};
TORCH_MODULE(Towers);

TensorBatch make_pool(std::int64_t mismatched) {
  const at::Tensor x = torch::randn({kRows, kWidth});
  const at::Tensor noise = torch::randn({mismatched, kWidth});
  return {torch::arange(kRows), {x, torch::cat({noise, x.roll(1, 1).slice(0, mismatched)})}};
}

TensorBatch some_of(const TensorBatch& pool, std::int64_t count) {
  const at::Tensor rows = torch::randperm(kRows);
  const auto* first = rows.const_data_ptr<std::int64_t>();
  return pool.at({first, first + count});
}

}  // namespace

int main(int argc, char** argv) {
  torch::manual_seed(1);
  const TensorBatch pool = make_pool(kRows * 3 / 4), curated = make_pool(0);
  Towers model, guide;
  torch::optim::Adam optimizer(model->parameters(), 1e-2),
      guide_optimizer(guide->parameters(), 1e-2);
  jest::Learner guide_learner{guide, guide_optimizer};
  for (std::int64_t k = 0; k < 200; ++k) guide_learner.step(some_of(curated, kBatch));

  // [method-by-name]
  const jest::Method& method = jest::find_method(argc > 1 ? argv[1] : "aced");
  jest::ReferenceModel reference{guide};
  jest::Learner learner{model, optimizer,
                        jest::objective_of<TensorBatch>(method, model, reference)};
  auto scorer =
      jest::scorer_of<TensorBatch>(method, learner, reference, {.count = kBatch, .seed = 7});
  // [method-by-name]
  std::int64_t matching = 0, picked = 0;
  for (std::int64_t step = 0; step < 100; ++step) {
    const TensorBatch super_batch = some_of(pool, kSuperBatch);
    const TensorBatch batch = super_batch.at(scorer.select(super_batch, step).indices);
    learner.step(batch);
    for (const std::int64_t id : batch.ids()) matching += id >= kRows * 3 / 4, ++picked;
  }
  std::cout << method.name << ": " << matching << " of " << picked
            << " picks match (pool: 1 of 4)\n";
  return 2 * matching > picked || !method.scores_by_reference() ? 0 : 1;
}
