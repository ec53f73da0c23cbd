// What training programs do to a learner, a reference and a scorer. Prints the checks that fail.
#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "jest/jest.hpp"

namespace {

using jest::TensorBatch;
namespace nn = torch::nn::functional;

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  ++failures;
  std::printf("%s\n", what);
}

/// What jest refuses with; empty when nothing is thrown. Other exceptions end the program.
std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const jest::Error& error) {
    return error.what();
  }
  return "";
}

bool names(const std::string& message, const std::string& word) {
  return message.find(word) != std::string::npos;
}

torch::nn::Sequential tower() {
  return torch::nn::Sequential(torch::nn::Linear(8, 16), torch::nn::BatchNorm1d(16),
                               torch::nn::ReLU(), torch::nn::Dropout(0.2),
                               torch::nn::Linear(16, 8));
}

struct TowersImpl : torch::nn::Module {
  torch::nn::Sequential x = register_module("x", tower());
  torch::nn::Sequential y = register_module("y", tower());
  at::Tensor scale = register_parameter("scale", torch::scalar_tensor(10.0F));
  at::Tensor bias = register_parameter("bias", torch::scalar_tensor(-4.0F));

  jest::Embeddings embed(const TensorBatch& batch) {
    return {nn::normalize(x->forward(batch[0])), nn::normalize(y->forward(batch[1])), scale, bias};
  }
};
TORCH_MODULE(Towers);

struct ClassifierImpl : torch::nn::Module {
  torch::nn::Linear linear = register_module("linear", torch::nn::Linear(8, 3));
  std::string reduce = "none";

  at::Tensor losses(const TensorBatch& batch) {
    const at::Tensor each = linear->forward(batch[0]).logsumexp(1);
    if (reduce == "mean") return each.mean();
    return reduce == "column" ? each.unsqueeze(1) : each;
  }
};
TORCH_MODULE(Classifier);

TensorBatch batch_of(std::int64_t examples) {
  torch::manual_seed(1);
  return {torch::arange(examples), {torch::randn({examples, 8}), torch::randn({examples, 8})}};
}

struct Pairs {
  Towers model, guide;
  torch::optim::SGD optimizer{model->parameters(), 0.1};
  jest::Learner<Towers> learner{model, optimizer};
  jest::ReferenceModel<Towers> reference{guide};
};

void scoring_in_training_mode_leaves_running_statistics() {
  Pairs s;
  jest::JointExampleScorer scorer{
      s.learner, s.reference, {.count = 8, .scoring = {.mode = jest::ScoringMode::kTrain}}};
  std::vector<at::Tensor> before;
  for (const at::Tensor& buffer : s.model->buffers()) before.push_back(buffer.clone());
  scorer.select(batch_of(32), 0);
  const auto after = s.model->buffers();
  for (std::size_t k = 0; k < before.size(); ++k) {
    check(before[k].equal(after[k]), "scoring in training mode changed a buffer");
  }
}

void parameter_groups_keep_their_ratio() {
  Towers model;
  using Options = torch::optim::AdamWOptions;
  torch::optim::AdamW optimizer(std::vector<torch::optim::OptimizerParamGroup>{
      {model->x->parameters(), std::make_unique<Options>(1e-3)},
      {model->y->parameters(), std::make_unique<Options>(1e-5)}});
  jest::Learner learner{model, optimizer};
  learner.set_learning_rate(5e-4);
  const auto rate = [&](std::size_t k) { return optimizer.param_groups()[k].options().get_lr(); };
  check(std::abs(rate(0) - 5e-4) < 1e-12, "set_learning_rate did not set the first group's rate");
  check(std::abs(rate(0) / rate(1) - 100) < 1e-6, "set_learning_rate changed the groups' ratio");
}

void a_step_before_the_first_is_not_a_late_one() {
  Pairs s;
  const jest::Sampling late{.chunks = 4, .interaction = {1, 1000}};
  const jest::Sampling never{.chunks = 4, .interaction = {0, 0}};
  jest::JointExampleScorer one{s.learner, s.reference, {.count = 16, .sampling = late}};
  jest::JointExampleScorer other{s.learner, s.reference, {.count = 16, .sampling = never}};
  std::vector<std::int64_t> picks;
  const std::string said = refusal([&] { picks = one.select(batch_of(64), -1).indices; });
  if (said.empty()) {
    check(picks == other.select(batch_of(64), -1).indices, "the interaction acts at step -1");
  }
}

void losses_that_are_reduced_are_refused_by_whose_they_are() {
  Classifier model, guide;
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  jest::Learner learner{model, optimizer};
  jest::ReferenceModel reference{guide};
  jest::JointExampleScorer scorer{learner, reference, {.count = 8}};
  const TensorBatch batch = batch_of(32);
  check(scorer.select(batch, 0).indices.size() == 8, "losses of one an example are not taken");
  model->reduce = "mean";
  const std::string said = refusal([&] { scorer.select(batch, 0); });
  check(names(said, "one an example") && names(said, "learner"), said.c_str());
  model->reduce = "column";
  check(names(refusal([&] { scorer.select(batch, 0); }), "learner"), "a column is not refused");
  model->reduce = "none";
  guide->reduce = "mean";
  check(names(refusal([&] { scorer.select(batch, 0); }), "reference"), "of the reference");
}

/// Rows, but no names for them.
struct Nameless {
  TensorBatch rows;
  std::span<const std::int64_t> ids() const { return {}; }
  Nameless at(const std::vector<std::int64_t>& positions) const { return {rows.at(positions)}; }
};

struct NamelessTowersImpl : TowersImpl {
  using TowersImpl::embed;
  jest::Embeddings embed(const Nameless& batch) { return TowersImpl::embed(batch.rows); }
};
TORCH_MODULE(NamelessTowers);

void super_batches_of_nothing_are_refused() {
  Pairs s;
  jest::JointExampleScorer scorer{s.learner, s.reference, {.count = 8}};
  check(!refusal([&] { scorer.select(batch_of(0), 0); }).empty(), "no rows are not refused");
  NamelessTowers model, guide;
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  jest::Learner learner{model, optimizer};
  jest::ReferenceModel reference{guide};
  jest::JointExampleScorer nameless{learner, reference, {.count = 8}};
  const std::string said = refusal([&] { nameless.select(Nameless{batch_of(32)}, 0); });
  check(names(said, "id"), "a super-batch without ids is not refused by what it lacks");
}

void sparse_embeddings_are_refused() {
  const TensorBatch batch = batch_of(64);
  const auto scale = torch::scalar_tensor(10.0F), bias = torch::scalar_tensor(-5.0F);
  const jest::Embeddings dense{nn::normalize(batch[0]), nn::normalize(batch[1]), scale, bias};
  jest::Embeddings sparse = dense;
  sparse.x = dense.x.to_sparse();
  const std::string said = refusal([&] { jest::select({sparse, dense}, {.count = 16}); });
  check(names(said, "sparse") || names(said, "dense"), "sparse embeddings are not refused");
}

}  // namespace

int main() {
  scoring_in_training_mode_leaves_running_statistics();
  parameter_groups_keep_their_ratio();
  a_step_before_the_first_is_not_a_late_one();
  losses_that_are_reduced_are_refused_by_whose_they_are();
  super_batches_of_nothing_are_refused();
  sparse_embeddings_are_refused();
  return failures == 0 ? 0 : 1;
}
