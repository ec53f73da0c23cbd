// Joint selection over the ranks that a launcher started, or over one:
//   torchrun --standalone --nproc-per-node 2 --no-python build/release/bin/many_ranks

#include <torch/torch.h>

#include <iostream>
#include <numeric>

#include "jest/jest.hpp"

namespace {

constexpr std::int64_t kWidth = 16;
constexpr std::int64_t kCandidates = 256;

/// Cheap to name whole: rows are gathered when a model asks for them.
struct Pairs {
  at::Tensor x, y;
  std::vector<std::int64_t> rows;

  std::span<const std::int64_t> ids() const { return rows; }
  Pairs at(const std::vector<std::int64_t>& positions) const {
    Pairs chosen{x, y, {}};
    for (const auto position : positions) chosen.rows.push_back(rows[position]);
    return chosen;
  }
};

struct TowersImpl : torch::nn::Module {
  torch::nn::Linear x{nullptr}, y{nullptr};
  at::Tensor log_scale, bias;

  TowersImpl() {
    x = register_module("x", torch::nn::Linear(kWidth, kWidth));
    y = register_module("y", torch::nn::Linear(kWidth, kWidth));
    log_scale = register_parameter("log_scale", torch::scalar_tensor(std::log(10.0F)));
    bias = register_parameter("bias", torch::scalar_tensor(-5.0F));
  }
  jest::Embeddings embed(const Pairs& batch) {
    namespace F = torch::nn::functional;
    const at::Tensor rows = torch::tensor(batch.rows, torch::kLong);
    return {F::normalize(x(batch.x.index_select(0, rows))),
            F::normalize(y(batch.y.index_select(0, rows))), log_scale.exp(), bias};
  }
};
TORCH_MODULE(Towers);

/// y is x with its entries moved by one; behind the first `matching` pairs it is noise.
Pairs make_pairs(std::int64_t count, std::int64_t matching) {
  Pairs pairs{torch::randn({count, kWidth}), torch::randn({count, kWidth}), {}};
  pairs.y.slice(0, 0, matching) = pairs.x.slice(0, 0, matching).roll(1, 1);
  pairs.rows.resize(count);
  std::iota(pairs.rows.begin(), pairs.rows.end(), 0);
  return pairs;
}

}  // namespace

int main() {
  jest::World world = jest::World::joined();
  torch::manual_seed(1);  // every rank begins with the same models and data
  const Pairs curated = make_pairs(512, 512);
  const Pairs pool = make_pairs(4096, 2048);
  const Pairs held_out = make_pairs(256, 256);
  Towers guide, model;
  torch::optim::Adam guide_optimizer(guide->parameters(), 1e-2);
  torch::optim::Adam optimizer(model->parameters(), 1e-2);
  jest::Learner guide_learner{guide, guide_optimizer};
  for (int step = 0; step < 100; ++step) guide_learner.step(curated);  // on each rank by itself

  // [many-ranks-loop]
  jest::Learner learner{
      model, optimizer, jest::OwnLoss{}, jest::Precision::kAmbient, {.world = &world}};
  jest::ReferenceModel reference{guide};
  jest::JointExampleScorer scorer{
      learner, reference, {.count = 64, .sampling = {.chunks = 4}, .seed = 7, .exchange = &world}};

  for (std::int64_t step = 0; step < 60; ++step) {
    std::vector<std::int64_t> positions(kCandidates);
    for (std::int64_t k = 0; k < kCandidates; ++k) positions[k] = (step * 97 + k * 17) % 4096;
    const Pairs super_batch = pool.at(positions);                    // the same on every rank
    const jest::Selection picks = scorer.select(super_batch, step);  // of all, on every rank
    learner.step(super_batch.at(jest::own_share(picks.indices, kCandidates, world)));
  }
  // [many-ranks-loop]
  jest::check_same(world, "parameters", model->parameters());
  const double recall = jest::retrieval_recall(jest::score_embeddings(model, held_out, {})).at_1;
  if (world.rank() == 0) std::cout << world.size() << " ranks: R@1 " << recall << '\n';
  return recall > 0.5 ? 0 : 1;
}
