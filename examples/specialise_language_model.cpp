// A language model steered by a small curated set: joint selection by gradient alignment.
//
// Five languages share an alphabet; one sequence in ten is of the one that is wanted. A model that
// sees them evenly learns their mixture. AlignedScorer picks what moves it towards the curated set,
// and not the same thing twice. specialise_language_model [DEVICE], for instance cuda.

#include <torch/torch.h>

#include <iostream>

#include "jest/jest.hpp"
#include "jest/torch/tensor_sketch.hpp"

namespace {

constexpr std::int64_t kLetters = 16;
constexpr std::int64_t kLength = 12;
constexpr std::int64_t kWidth = 16;

/// Sequences by index into a table [rows, kLength] that the caller owns.
struct Sequences {
  const at::Tensor* table;
  std::vector<std::int64_t> index;

  std::span<const std::int64_t> ids() const { return index; }
  Sequences at(const std::vector<std::int64_t>& positions) const {
    Sequences part{table, {}};
    for (const auto position : positions) part.index.push_back(index[position]);
    return part;
  }
  at::Tensor rows() const {
    return table->index_select(0, torch::tensor(index, at::kLong).to(table->device()));
  }
};

/// The next letter from the one before it.
struct BigramImpl : torch::nn::Module {
  torch::nn::Embedding letters{nullptr};
  torch::nn::Linear output{nullptr};
  jest::TensorSketch sketch{{.errors = kLetters, .hidden = kWidth, .width = 128}};

  BigramImpl() {
    letters = register_module("letters", torch::nn::Embedding(kLetters, kWidth));
    output = register_module(
        "output", torch::nn::Linear(torch::nn::LinearOptions(kWidth, kLetters).bias(false)));
  }

  at::Tensor losses(const Sequences& batch) { return losses_and_features(batch).losses; }

  // [model]
  /// Losses, and the last layer's gradients, from one forward pass.
  jest::LossesAndFeatures losses_and_features(const Sequences& batch) {
    const at::Tensor rows = batch.rows();
    const at::Tensor next = rows.slice(1, 1);
    const at::Tensor hidden = letters(rows.slice(1, 0, kLength - 1));
    const at::Tensor logits = output(hidden);
    const at::Tensor losses = torch::nn::functional::cross_entropy(
        logits.transpose(1, 2), next,
        torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
    return {losses.mean(1), sketch.features(jest::loss_errors(logits, next), hidden)};
  }
  // [model]
};
TORCH_MODULE(Bigram);

/// In language k a letter x is followed by (2k + 3)·x + k, one time in eight by any.
at::Tensor write_language(std::int64_t k, std::int64_t rows) {
  at::Tensor text = torch::randint(kLetters, {rows, kLength}, at::kLong);
  for (std::int64_t p = 1; p < kLength; ++p) {
    const at::Tensor rule = ((2 * k + 3) * text.select(1, p - 1) + k) % kLetters;
    const at::Tensor free = torch::randint(8, {rows}) == 0;
    text.select(1, p).copy_(torch::where(free, text.select(1, p), rule));
  }
  return text;
}

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> all(count);
  for (std::int64_t k = 0; k < count; ++k) all[k] = first + k;
  return all;
}

/// Batches of the curated set, for the target direction.
struct Curated {
  const at::Tensor* table;
  Sequences at(std::int64_t k) const { return {table, numbers(k % 4 * 32, 32)}; }
};

/// Trains for 150 steps on picks of `select(learner, super_batch, step)`; the held-out loss.
template <class Select>
double train(const at::Tensor& pool, const at::Tensor& held_out, const Select& select) {
  torch::manual_seed(1);
  Bigram model;
  model->to(pool.device());
  torch::optim::Adam optimizer(model->parameters(), 0.02);
  jest::Learner learner{model, optimizer};
  auto chooser = select(learner);
  // [loop]
  for (std::int64_t step = 0; step < 150; ++step) {
    const Sequences super_batch{&pool, numbers(step % 30 * 160, 160)};
    learner.step(super_batch.at(chooser(super_batch, step)));
  }
  // [loop]
  const torch::NoGradGuard no_gradient;
  return model->losses({&held_out, numbers(0, held_out.size(0))}).mean().item<double>();
}

}  // namespace

int main(int argc, char** argv) {
  const at::Device device = jest::find_device(argc > 1 ? argv[1] : "cpu");
  torch::manual_seed(1);
  const at::Tensor curated = write_language(0, 128).to(device);
  const at::Tensor held_out = write_language(0, 500).to(device);
  std::vector<at::Tensor> parts = {write_language(0, 480)};
  for (std::int64_t k = 1; k < 5; ++k) parts.push_back(write_language(k, 1080));
  const at::Tensor pool = torch::cat(parts).index_select(0, torch::randperm(4800)).to(device);

  const double uniform = train(pool, held_out, [](auto&) {
    return [](const Sequences& super_batch, std::int64_t step) {
      return jest::uniform_picks(super_batch.ids(), 16, 1, step).indices;
    };
  });
  const double aligned = train(pool, held_out, [&](auto& learner) {
    // [aligned]
    // No reference is run: what steers is the mean gradient of a curated batch.
    static jest::NoReference none;
    jest::AnyScorer<Sequences> scorer = jest::AlignedScorer(
        learner, none, Curated{&curated},
        {.count = 16, .sampling = {.chunks = 4, .gain = 3000}, .step_size = 1.0 / 16});
    // [aligned]
    return [scorer](const Sequences& super_batch, std::int64_t step) mutable {
      return scorer.select(super_batch, step).indices;
    };
  });
  std::cout << "held-out loss in nats a letter, 150 steps: uniform " << uniform << ", aligned "
            << aligned << '\n';
  return aligned < uniform - 0.3 ? 0 : 1;
}
