#pragma once
// A tiny batch of sequences and a model of their next tokens that counts how often it is run.

#include <torch/torch.h>

#include <numeric>
#include <span>
#include <vector>

#include "jest/learner/concepts.hpp"
#include "jest/torch/tensor_sketch.hpp"

namespace jest::testing {

inline constexpr std::int64_t kTokens = 11;
inline constexpr std::int64_t kHidden = 6;
inline constexpr TensorSketchSpec kSmallSketch{kTokens, kHidden, 64, 5};

struct Sequences {
  at::Tensor tokens;  ///< [n, L + 1]
  std::vector<std::int64_t> names;

  std::span<const std::int64_t> ids() const { return names; }
  Sequences at(const std::vector<std::int64_t>& positions) const {
    std::vector<std::int64_t> chosen;
    for (const auto position : positions) chosen.push_back(names.at(position));
    return {tokens.index_select(0, torch::tensor(positions, at::kLong)), chosen};
  }
};

/// Ids start at 100.
inline Sequences name_sequences(const at::Tensor& tokens) {
  Sequences batch{tokens, std::vector<std::int64_t>(tokens.size(0))};
  std::iota(batch.names.begin(), batch.names.end(), 100);
  return batch;
}

inline Sequences make_sequences(std::int64_t count, std::int64_t seed) {
  torch::manual_seed(seed);
  return name_sequences(torch::randint(kTokens, {count, 5}));
}

struct SmallLanguageModelImpl : torch::nn::Module {
  torch::nn::Embedding embedding{nullptr};
  torch::nn::Linear middle{nullptr}, last{nullptr};
  torch::nn::Dropout dropout{nullptr};
  TensorSketch sketch{kSmallSketch};
  int forwards = 0;

  SmallLanguageModelImpl() {
    using torch::nn::LinearOptions;
    embedding = register_module("embedding", torch::nn::Embedding(kTokens, kHidden));
    middle = register_module("middle", torch::nn::Linear(kHidden, kHidden));
    last = register_module("last", torch::nn::Linear(LinearOptions(kHidden, kTokens).bias(false)));
    dropout = register_module("dropout", torch::nn::Dropout(0.2));
  }

  at::Tensor hidden(const Sequences& batch) {
    ++forwards;
    return torch::tanh(middle(dropout(embedding(batch.tokens.slice(1, 0, -1)))));
  }
  at::Tensor token_losses(const at::Tensor& logits, const Sequences& batch) {
    const at::Tensor targets = batch.tokens.slice(1, 1).unsqueeze(2);
    return -logits.log_softmax(2).gather(2, targets).squeeze(2);
  }
  at::Tensor token_losses(const Sequences& batch) {
    return token_losses(last(hidden(batch)), batch);
  }
  at::Tensor losses(const at::Tensor& logits, const Sequences& batch) {
    return token_losses(logits, batch).mean(1);
  }
  at::Tensor losses(const Sequences& batch) { return losses(last(hidden(batch)), batch); }
  LossesAndFeatures losses_and_features(const Sequences& batch) {
    const at::Tensor read = hidden(batch);
    const at::Tensor logits = last(read);
    return {losses(logits, batch),
            sketch.features(loss_errors(logits, batch.tokens.slice(1, 1)), read)};
  }
};
TORCH_MODULE(SmallLanguageModel);

inline SmallLanguageModel make_language_model(std::uint64_t seed) {
  torch::manual_seed(seed);
  return SmallLanguageModel();
}

/// Curated batches of four, another for every number; remembers what it was asked for.
struct CuratedSequences {
  Sequences pool = make_sequences(40, 40);
  std::vector<std::int64_t> asked = {};

  Sequences at(std::int64_t number) {
    asked.push_back(number);
    return pool.at({number % 40, (number + 1) % 40, (number + 2) % 40, (number + 3) % 40});
  }
};

}  // namespace jest::testing
