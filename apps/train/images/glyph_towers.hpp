#pragma once
// A small convolutional tower for images and a bag of words for their names.
//
// image: strided convolutions -> linear -> ReLU -> linear, normalised. At
// half resolution the parameters are the same: the first linear layer sees each place of the
// smaller grid as the four of the larger one that it covers, at a quarter of the cost.
// name: mean of word embeddings -> layer norm -> linear, normalised.

#include <torch/torch.h>

#include "jest/io/safetensors.hpp"
#include "jest/torch/embeddings.hpp"
#include "train/formats/named_images.hpp"

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

class GlyphTowersImpl : public torch::nn::Module {
 public:
  /// Throws unless the side is a multiple of 16.
  explicit GlyphTowersImpl(const GlyphTowersSpec& spec);

  /// Each image at the resolution that the batch shows it in.
  Embeddings embed(const ImageBatch& batch);
  /// The sigmoid loss.
  at::Tensor loss(const ImageBatch& batch);

  double forward_flops(Resolution resolution) const;
  const GlyphTowersSpec& spec() const { return spec_; }
  Metadata metadata() const;

 private:
  /// Positions of a batch by resolution.
  struct Groups {
    std::vector<std::int64_t> at_half;
    std::vector<std::int64_t> in_full;
  };
  static Groups groups_of(const ImageBatch& batch);
  Embeddings embed_alike(const ImageBatch& batch);
  /// Those at half resolution first.
  Embeddings embed_grouped(const ImageBatch& batch, const Groups& groups);
  at::Tensor embed_images(const at::Tensor& images, Resolution resolution);
  at::Tensor embed_names(const FeatureBags& words);
  /// Of the first linear layer: those of four places added up.
  at::Tensor half_weights() const;

  GlyphTowersSpec spec_;
  torch::nn::Sequential convolutions_{nullptr};
  torch::nn::Linear full_{nullptr};
  torch::nn::Linear image_{nullptr};
  torch::nn::EmbeddingBag words_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear name_{nullptr};
  at::Tensor log_scale_;
  at::Tensor bias_;
};
TORCH_MODULE(GlyphTowers);

/// Of the model that make_glyph_towers makes.
JEST_EXPORT double parameters_of(const GlyphTowersSpec& spec);

/// Initialised as a function of `seed` alone.
GlyphTowers make_glyph_towers(const GlyphTowersSpec& spec, std::uint64_t seed);

/// What save_model wrote.
GlyphTowers load_glyph_towers(const SafetensorsFile& file);

}  // namespace jest::apps::train
