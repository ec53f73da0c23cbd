// Your own batch and model: a classifier with per-example losses, and irreducible losses by id.
//
// Per-example losses do not interact, so joint selection equals independent selection here; the
// library says so. What remains is RHO-LOSS: learn what is not learnt yet and can be learnt.
// own_batch_and_model [DEVICE], for instance cuda.

#include <torch/torch.h>

#include <iostream>

#include "jest/jest.hpp"

namespace {

constexpr std::int64_t kExamples = 2000;

/// Examples by index into tensors owned elsewhere: at() copies no data.
struct Examples {
  const at::Tensor* inputs;
  const at::Tensor* labels;
  std::vector<std::int64_t> index;

  std::span<const std::int64_t> ids() const { return index; }
  Examples at(const std::vector<std::int64_t>& positions) const {
    Examples part{inputs, labels, {}};
    for (const auto position : positions) part.index.push_back(index[position]);
    return part;
  }
  at::Tensor rows() const { return torch::tensor(index, at::kLong).to(inputs->device()); }
};

struct ClassifierImpl : torch::nn::Module {
  torch::nn::Linear linear{nullptr};
  ClassifierImpl() { linear = register_module("linear", torch::nn::Linear(8, 2)); }

  /// One loss per example is all that selection needs.
  at::Tensor losses(const Examples& batch) {
    const at::Tensor logits = linear(batch.inputs->index_select(0, batch.rows()));
    return torch::nn::functional::cross_entropy(
        logits, batch.labels->index_select(0, batch.rows()),
        torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
  }
};
TORCH_MODULE(Classifier);

}  // namespace

int main(int argc, char** argv) {
  const at::Device device = jest::find_device(argc > 1 ? argv[1] : "cpu");
  torch::manual_seed(1);
  const at::Tensor inputs = torch::randn({kExamples, 8}).to(device);
  const at::Tensor truth = (inputs.select(1, 0) > 0).to(at::kLong);
  at::Tensor labels = truth.clone();
  labels.slice(0, 0, kExamples, 3) = 1 - truth.slice(0, 0, kExamples, 3);  // a third is wrong

  // Losses of a model trained elsewhere on clean data: large exactly where the label is wrong.
  std::vector<std::int64_t> all(kExamples);
  std::vector<float> irreducible(kExamples);
  for (std::int64_t i = 0; i < kExamples; ++i) {
    all[i] = i;
    irreducible[i] = i % 3 == 0 ? 4.0F : 0.05F;
  }

  Classifier model;
  model->to(device);
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  jest::Learner learner{model, optimizer};
  jest::ReferenceModel reference{jest::LossStore(all, irreducible)};
  auto scorer = jest::scorer_of<Examples>(jest::kRhoLoss, learner, reference, {.count = 100});

  std::int64_t wrong = 0;
  for (std::int64_t step = 0; step < 30; ++step) {
    const Examples pool{&inputs, &labels, all};
    const Examples batch = pool.at(scorer.select(pool, step).indices);
    for (const auto id : batch.ids()) wrong += id % 3 == 0;
    learner.step(batch);
  }
  std::cout << "wrongly labelled among the picks: " << wrong << " of 3000 (pool: one third)\n";
  return wrong < 30 ? 0 : 1;
}
