#include "train/pairs/text_towers.hpp"

#include "jest/torch/losses.hpp"
#include "train/model_file.hpp"
#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr const char* kTextTowers = "jest text towers 1";

/// The architecture is read off the shapes.
TextTowersSpec text_spec_of(const SafetensorsFile& file) {
  const auto& features = file.array("x.features.weight", "F32", 2).shape;
  const auto& output = file.array("x.output.weight", "F32", 2).shape;
  return {
      .buckets = features[0], .width = features[1], .hidden = output[1], .embedding = output[0]};
}

}  // namespace

TextTowerImpl::TextTowerImpl(const TextTowersSpec& spec) {
  features_ = register_module(
      "features", torch::nn::EmbeddingBag(
                      torch::nn::EmbeddingBagOptions(spec.buckets, spec.width).mode(torch::kMean)));
  torch::nn::init::normal_(features_->weight, 0.0, spec.feature_deviation);
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({spec.width})));
  hidden_ = register_module("hidden", torch::nn::Linear(spec.width, spec.hidden));
  output_ = register_module("output", torch::nn::Linear(spec.hidden, spec.embedding));
}

at::Tensor TextTowerImpl::forward(const FeatureBags& bags) {
  const at::Device device = features_->weight.device();
  const at::Tensor pooled =
      norm_->forward(features_->forward(bags.features.to(device), bags.offsets.to(device)));
  const at::Tensor raw = output_->forward(torch::relu(hidden_->forward(pooled)));
  return torch::nn::functional::normalize(raw);
}

TextTowersImpl::TextTowersImpl(const TextTowersSpec& spec) : spec_(spec) {
  x_ = register_module("x", TextTower(spec));
  y_ = register_module("y", TextTower(spec));
  log_scale_ = register_parameter("log_scale", torch::scalar_tensor(std::log(spec.initial_scale)));
  bias_ = register_parameter("bias", torch::scalar_tensor(spec.initial_bias));
}

Embeddings TextTowersImpl::embed(const TextPairBatch& batch) {
  return {x_->forward(batch.x()), y_->forward(batch.y()), log_scale_.exp(), bias_};
}

double parameters_of(const TextTowersSpec& spec) {
  const double width = static_cast<double>(spec.width);
  const double hidden = static_cast<double>(spec.hidden);
  const double norm = 2 * width;
  const double side = spec.buckets * width + norm + linear_parameters(width, hidden) +
                      linear_parameters(hidden, static_cast<double>(spec.embedding));
  return 2 * side + 2;  // and the scale, and the bias
}

TextTowers make_text_towers(const TextTowersSpec& spec, std::uint64_t seed) {
  torch::manual_seed(seed);
  return TextTowers(spec);
}

double forward_flops(const TextTowersSpec& spec, double features) {
  const double pooling = features * spec.width;
  const double per_side = 2.0 * (spec.width * spec.hidden + spec.hidden * spec.embedding);
  return pooling + 2 * per_side;
}

Metadata TextTowersImpl::metadata() const { return {{"architecture", kTextTowers}}; }

TextTowers load_text_towers(const SafetensorsFile& file) {
  expect_architecture(file, kTextTowers);
  TextTowers towers(text_spec_of(file));
  load_parameters(file, *towers);
  return towers;
}

}  // namespace jest::apps::train
