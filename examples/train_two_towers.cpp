// Train two towers on what joint example selection picks from a noisy pool:
// train_two_towers [DEVICE], for instance cuda.

#include <torch/torch.h>

#include <iostream>
#include <numeric>

#include "jest/jest.hpp"
#include "jest/torch/embeddings.hpp"

namespace {

constexpr std::int64_t kWidth = 16;

/// A batch is any type with ids() and at(positions).
struct Pairs {
  at::Tensor x, y;
  std::vector<std::int64_t> names;

  std::span<const std::int64_t> ids() const { return names; }
  Pairs at(const std::vector<std::int64_t>& positions) const {
    const at::Tensor rows = torch::tensor(positions, at::kLong).to(x.device());
    std::vector<std::int64_t> chosen;
    for (const auto position : positions) chosen.push_back(names[position]);
    return {x.index_select(0, rows), y.index_select(0, rows), chosen};
  }
};

/// A model is any module with embed(batch).
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
    return {F::normalize(x(batch.x)), F::normalize(y(batch.y)), log_scale.exp(), bias};
  }
};
TORCH_MODULE(Towers);

/// y is x with its entries moved by one; behind the first `matching` pairs it is noise.
Pairs make_pairs(std::int64_t count, std::int64_t matching, const at::Device& device) {
  Pairs pairs{torch::randn({count, kWidth}), torch::randn({count, kWidth}), {}};
  pairs.y.slice(0, 0, matching) = pairs.x.slice(0, 0, matching).roll(1, 1);
  pairs.names.resize(count);
  std::iota(pairs.names.begin(), pairs.names.end(), 0);
  pairs.x = pairs.x.to(device);
  pairs.y = pairs.y.to(device);
  return pairs;
}

Pairs super_batch_of(const Pairs& pool, std::int64_t step) {
  std::vector<std::int64_t> positions(256);
  for (std::int64_t k = 0; k < 256; ++k) positions[k] = (step * 97 + k * 16 + k % 16) % 4096;
  return pool.at(positions);
}

double recall(Towers& towers, const Pairs& held_out) {
  return jest::retrieval_recall(jest::score_embeddings(towers, held_out, {})).at_1;
}

}  // namespace

int main(int argc, char** argv) {
  const at::Device device = jest::find_device(argc > 1 ? argv[1] : "cpu");
  torch::manual_seed(1);
  const Pairs curated = make_pairs(512, 512, device);
  const Pairs pool = make_pairs(4096, 2048, device);
  const Pairs held_out = make_pairs(256, 256, device);

  Towers guide;
  guide->to(device);
  torch::optim::Adam guide_optimizer(guide->parameters(), 1e-2);
  jest::Learner guide_learner{guide, guide_optimizer};
  for (int step = 0; step < 100; ++step) guide_learner.step(curated);

  Towers model;
  model->to(device);
  torch::optim::Adam optimizer(model->parameters(), 1e-2);
  // [readme-loop]
  jest::Learner learner{model, optimizer};
  jest::ReferenceModel reference{guide};
  jest::JointExampleScorer scorer{
      learner, reference, {.count = 64, .sampling = {.chunks = 4}, .seed = 7}};

  for (std::int64_t step = 0; step < 60; ++step) {
    const Pairs super_batch = super_batch_of(pool, step);
    const jest::Selection picks = scorer.select(super_batch, step);
    learner.step(super_batch.at(picks.indices));
  }
  // [readme-loop]
  const double untrained = [&] {
    Towers fresh;
    fresh->to(device);
    return recall(fresh, held_out);
  }();
  const double trained = recall(model, held_out);
  std::cout << "R@1 among 256: untrained " << untrained << ", trained " << trained << '\n';
  return trained > 0.5 && untrained < 0.1 ? 0 : 1;
}
