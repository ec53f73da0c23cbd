// A user's program that compiles. reproducers_test.py makes one mistake at a time in it, and reads
// what the compiler says.

#include "prelude.hpp"

struct Pairs {
  at::Tensor x, y;
  std::vector<std::int64_t> names;

  std::span<const std::int64_t> ids() const { return names; }
  Pairs at(const std::vector<std::int64_t>&) const { return *this; }
};

struct NetImpl : torch::nn::Module {
  torch::nn::Linear layer = register_module("layer", torch::nn::Linear(8, 8));
  at::Tensor losses(const Pairs& batch) { return layer(batch.x).sum(1); }
};
TORCH_MODULE(Net);

struct TowersImpl : torch::nn::Module {
  jest::Embeddings embed(const Pairs& batch) { return {batch.x, batch.y, {}, {}}; }
};
TORCH_MODULE(Towers);

int main() {
  Net model;
  Net guide;
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  jest::Learner learner{model, optimizer};
  jest::ReferenceModel reference{guide};
  jest::JointExampleScorer scorer{learner, reference, {.count = 8}};
  Pairs super_batch;
  learner.step(super_batch.at(scorer.select(super_batch, 0).indices));
}
