#include "train/images/glyph_towers.hpp"

#include "train/convolutions.hpp"
#include "train/model_file.hpp"
#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr const char* kGlyphTowers = "jest glyph towers 2";
constexpr double kWordDeviation = 0.02;  // as of text towers

at::Tensor normalised(const at::Tensor& raw) { return torch::nn::functional::normalize(raw); }

/// The architecture is read off the shapes.
GlyphTowersSpec glyph_spec_of(const SafetensorsFile& file) {
  const auto& first = file.array("convolutions.0.weight", "F32", 4).shape;
  const auto& full = file.array("full.weight", "F32", 2).shape;
  const auto& name = file.array("name.weight", "F32", 2).shape;
  if (first[0] < 1 || full[0] < 1 || full[1] < 1) {
    refuse("load model " + file.path().string(), "tensors that hold something", "an empty one");
  }
  return {.side = side_of_convolved(full[1], first[0]),
          .channels = first[0],
          .hidden = full[0],
          .width = name[1],
          .embedding = name[0]};
}

}  // namespace

GlyphTowersImpl::GlyphTowersImpl(const GlyphTowersSpec& spec)
    : ImageTowersImpl({spec.initial_scale, spec.initial_bias}), spec_(spec) {
  using namespace torch::nn;
  if (spec.side % 16 != 0) refuse("glyph towers", "a side that 16 divides", spec.side);
  convolutions_ = register_module("convolutions", strided_convolutions(spec.channels));
  full_ =
      register_module("full", Linear(convolved_features(spec.channels, spec.side), spec.hidden));
  image_ = register_module("image", Linear(spec.hidden, spec.embedding));
  words_ = register_module(
      "words", EmbeddingBag(EmbeddingBagOptions(kWordBuckets, spec.width).mode(torch::kMean)));
  init::normal_(words_->weight, 0.0, kWordDeviation);
  norm_ = register_module("norm", LayerNorm(LayerNormOptions({spec.width})));
  name_ = register_module("name", Linear(spec.width, spec.embedding));
}

at::Tensor GlyphTowersImpl::embed_images(const at::Tensor& images, Resolution resolution) {
  const bool half = resolution == Resolution::kHalf;
  const at::Tensor seen = half ? at::avg_pool2d(images, {2, 2}) : images;
  const at::Tensor features = convolutions_->forward(seen).flatten(1);
  const at::Tensor weights = half ? half_weights() : full_->weight;
  const at::Tensor hidden =
      torch::relu(torch::nn::functional::linear(features, weights, full_->bias));
  return normalised(image_->forward(hidden));
}

at::Tensor GlyphTowersImpl::half_weights() const {
  const std::int64_t places = spec_.side / 16;
  return full_->weight.view({spec_.hidden, -1, places, 2, places, 2}).sum({3, 5}).flatten(1);
}

at::Tensor GlyphTowersImpl::embed_names(const FeatureBags& words) {
  const at::Device device = words_->weight.device();
  const at::Tensor pooled = words_->forward(words.features.to(device), words.offsets.to(device));
  return normalised(name_->forward(norm_->forward(pooled)));
}

double GlyphTowersImpl::forward_flops(Resolution resolution) const {
  const std::int64_t side = resolution == Resolution::kHalf ? spec_.side / 2 : spec_.side;
  const std::int64_t features = convolved_features(spec_.channels, side);
  return convolution_flops(spec_.channels, side) + 2.0 * spec_.width * spec_.embedding +
         2.0 * spec_.hidden * (features + spec_.embedding);
}

Metadata GlyphTowersImpl::metadata() const { return {{"architecture", kGlyphTowers}}; }

double parameters_of(const GlyphTowersSpec& spec) {
  const double hidden = static_cast<double>(spec.hidden);
  const double width = static_cast<double>(spec.width);
  const double embedding = static_cast<double>(spec.embedding);
  return convolution_parameters(static_cast<double>(spec.channels), static_cast<double>(spec.side),
                                hidden) +
         linear_parameters(hidden, embedding) + kWordBuckets * width + 2 * width +
         linear_parameters(width, embedding) + 2;  // a norm; scale and bias
}

GlyphTowers make_glyph_towers(const GlyphTowersSpec& spec, std::uint64_t seed) {
  torch::manual_seed(seed);
  return GlyphTowers(spec);
}

GlyphTowers load_glyph_towers(const SafetensorsFile& file) {
  expect_architecture(file, kGlyphTowers);
  GlyphTowers towers(glyph_spec_of(file));
  load_parameters(file, *towers);
  return towers;
}

}  // namespace jest::apps::train
