#pragma once
// Two towers for pictures and their names, whatever they are made of: what the task images trains.

#include <torch/torch.h>

#include "jest/io/safetensors.hpp"
#include "jest/torch/embeddings.hpp"
#include "train/formats/named_images.hpp"

namespace jest::apps::train {

struct InitialLogits {
  double scale = 10;
  double bias = -5;  ///< about −log b
};

class ImageTowersImpl : public torch::nn::Module {
 public:
  explicit ImageTowersImpl(const InitialLogits& initial);

  /// Each image at the resolution that the batch shows it in.
  Embeddings embed(const ImageBatch& batch);

  /// Of a picture, and of a name of so many features.
  virtual double forward_flops(Resolution resolution, double features) const = 0;
  /// S and C of the pictures.
  virtual std::int64_t side() const = 0;
  virtual std::int64_t colours() const { return 1; }
  virtual Metadata metadata() const = 0;

 protected:
  /// `images` is float [n, C, S, S], 0 … 1, on the model's device; both give [n, d], normalised.
  virtual at::Tensor embed_images(const at::Tensor& images, Resolution resolution) = 0;
  virtual at::Tensor embed_names(const FeatureBags& words) = 0;

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

  at::Tensor log_scale_;
  at::Tensor bias_;
};

using AnyTowers = std::shared_ptr<ImageTowersImpl>;

/// A handle of any of the towers.
class ImageTowers : public torch::nn::ModuleHolder<ImageTowersImpl> {
 public:
  using torch::nn::ModuleHolder<ImageTowersImpl>::ModuleHolder;
};

/// Any that save_model wrote.
ImageTowers load_image_towers(const SafetensorsFile& file);

}  // namespace jest::apps::train
