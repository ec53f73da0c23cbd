#pragma once
// A small convolutional tower for images and a bag of words for their names.
//
// image: strided convolutions -> linear -> ReLU -> linear, normalised. At
// half resolution the parameters are the same: the first linear layer sees each place of the
// smaller grid as the four of the larger one that it covers, at a quarter of the cost.
// name: mean of word embeddings -> layer norm -> linear, normalised.

#include <torch/torch.h>

#include "train/images/image_towers.hpp"

namespace jest::apps::train {

struct GlyphTowersSpec {
  std::int64_t side = 32;      ///< S, a multiple of 16
  std::int64_t channels = 16;  ///< of the first convolution
  std::int64_t hidden = 256;
  std::int64_t width = 128;      ///< of a word's embedding
  std::int64_t embedding = 128;  ///< d
  double initial_scale = 10;
  double initial_bias = -5;  ///< about −log b
};

class GlyphTowersImpl : public ImageTowersImpl {
 public:
  /// Throws unless the side is a multiple of 16.
  explicit GlyphTowersImpl(const GlyphTowersSpec& spec);

  double forward_flops(Resolution resolution) const;
  double forward_flops(Resolution resolution, double) const override {
    return forward_flops(resolution);
  }
  std::int64_t side() const override { return spec_.side; }
  const GlyphTowersSpec& spec() const { return spec_; }
  Metadata metadata() const override;

 protected:
  at::Tensor embed_images(const at::Tensor& images, Resolution resolution) override;
  at::Tensor embed_names(const FeatureBags& words) override;

 private:
  /// Of the first linear layer: those of four places added up.
  at::Tensor half_weights() const;

  GlyphTowersSpec spec_;
  torch::nn::Sequential convolutions_{nullptr};
  torch::nn::Linear full_{nullptr};
  torch::nn::Linear image_{nullptr};
  torch::nn::EmbeddingBag words_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear name_{nullptr};
};
TORCH_MODULE(GlyphTowers);

/// Of the model that make_glyph_towers makes.
JEST_EXPORT double parameters_of(const GlyphTowersSpec& spec);

/// Initialised as a function of `seed` alone.
GlyphTowers make_glyph_towers(const GlyphTowersSpec& spec, std::uint64_t seed);

/// What save_model wrote.
GlyphTowers load_glyph_towers(const SafetensorsFile& file);

}  // namespace jest::apps::train
