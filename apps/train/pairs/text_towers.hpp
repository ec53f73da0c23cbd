#pragma once
// Two towers over bags of hashed text features: the learner and the guide of the bundled runs.
//
// tower = mean of feature embeddings -> layer norm -> linear -> ReLU -> linear, normalised. Logit
// scale and bias are learned.

#include <torch/torch.h>

#include "jest/io/safetensors.hpp"
#include "jest/torch/embeddings.hpp"
#include "train/formats/text_pairs.hpp"
#include "train/pairs/guide.hpp"

namespace jest::apps::train {

struct TextTowersSpec {
  std::int64_t buckets = 1 << 15;
  std::int64_t width = 128;  ///< of a feature's embedding
  std::int64_t hidden = 256;
  std::int64_t embedding = 64;  ///< d
  /// Of initial feature embeddings. Adam moves an entry by about the learning rate a step: from the
  /// customary 1, a rare feature would never leave its random start.
  double feature_deviation = 0.02;
  double initial_scale = 10;
  double initial_bias = -5;  ///< about −log b
};

class TextTowerImpl : public torch::nn::Module {
 public:
  explicit TextTowerImpl(const TextTowersSpec& spec);
  at::Tensor forward(const FeatureBags& bags);

 private:
  torch::nn::EmbeddingBag features_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear hidden_{nullptr};
  torch::nn::Linear output_{nullptr};
};
TORCH_MODULE(TextTower);

class TextTowersImpl : public torch::nn::Module {
 public:
  explicit TextTowersImpl(const TextTowersSpec& spec);

  Embeddings embed(const TextPairBatch& batch);
  const TextTowersSpec& spec() const { return spec_; }
  Metadata metadata() const;

 private:
  TextTowersSpec spec_;
  TextTower x_{nullptr};
  TextTower y_{nullptr};
  at::Tensor log_scale_;
  at::Tensor bias_;
};
TORCH_MODULE(TextTowers);

/// Of the model that make_text_towers makes.
JEST_EXPORT double parameters_of(const TextTowersSpec& spec);

/// Towers initialised as a function of `seed` alone.
TextTowers make_text_towers(const TextTowersSpec& spec, std::uint64_t seed);

/// Forward FLOPs of one pair whose two sides have `features` features together.
double forward_flops(const TextTowersSpec& spec, double features);

/// What save_model wrote.
TextTowers load_text_towers(const SafetensorsFile& file);

}  // namespace jest::apps::train
