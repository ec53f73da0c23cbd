#include "train/images/glyph_towers.hpp"

#include "jest/torch/losses.hpp"
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

GlyphTowersImpl::GlyphTowersImpl(const GlyphTowersSpec& spec) : spec_(spec) {
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
  log_scale_ = register_parameter("log_scale", torch::scalar_tensor(std::log(spec.initial_scale)));
  bias_ = register_parameter("bias", torch::scalar_tensor(spec.initial_bias));
}

at::Tensor GlyphTowersImpl::embed_images(const at::Tensor& images, Resolution resolution) {
  const bool half = resolution == Resolution::kHalf;
  const at::Tensor here = images.to(log_scale_.device());
  const at::Tensor seen = half ? at::avg_pool2d(here, {2, 2}) : here;
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

Embeddings GlyphTowersImpl::embed_alike(const ImageBatch& batch) {
  const Resolution resolution = batch.half_share() == 0 ? Resolution::kFull : Resolution::kHalf;
  return {embed_images(batch.images(), resolution), embed_names(batch.words()), log_scale_.exp(),
          bias_};
}

Embeddings GlyphTowersImpl::embed_grouped(const ImageBatch& batch, const Groups& groups) {
  if (groups.in_full.empty()) return embed_alike(batch.seen_at(Resolution::kHalf));
  if (groups.at_half.empty()) return embed_alike(batch.seen_at(Resolution::kFull));
  const Embeddings half = embed_alike(batch.at(groups.at_half).seen_at(Resolution::kHalf));
  const Embeddings full = embed_alike(batch.at(groups.in_full).seen_at(Resolution::kFull));
  return {torch::cat({half.x, full.x}), torch::cat({half.y, full.y}), full.scale, full.bias};
}

GlyphTowersImpl::Groups GlyphTowersImpl::groups_of(const ImageBatch& batch) {
  Groups groups;
  for (std::int64_t k = 0; k < batch.rows().size(); ++k) {
    (batch.at_half(k) ? groups.at_half : groups.in_full).push_back(k);
  }
  return groups;
}

Embeddings GlyphTowersImpl::embed(const ImageBatch& batch) {
  if (!batch.is_mixed()) return embed_alike(batch);
  const Groups groups = groups_of(batch);
  Embeddings result = embed_grouped(batch, groups);
  std::vector<std::int64_t> rows = groups.at_half;
  rows.insert(rows.end(), groups.in_full.begin(), groups.in_full.end());
  const at::Tensor back = torch::tensor(rows, at::kLong).argsort().to(result.x.device());
  result.x = result.x.index_select(0, back);
  result.y = result.y.index_select(0, back);
  return result;
}

at::Tensor GlyphTowersImpl::loss(const ImageBatch& batch) {
  if (!batch.is_mixed()) return sigmoid_loss(embed_alike(batch));
  return sigmoid_loss(embed_grouped(batch, groups_of(batch)));
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
