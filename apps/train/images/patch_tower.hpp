#pragma once
// A small vision transformer (arXiv 2010.11929): patches -> tokens with learned positions ->
// layers, norms first -> mean over tokens -> linear.
//
// At half resolution there are a quarter of the patches, of the same size; the position of each is
// the mean of the four that it covers.

#include <vector>

#include "train/images/picture_tower.hpp"

namespace jest::apps::train {

/// Pixels of a patch's side: 8, or 16 from a side of 128 on.
std::int64_t patch_of(const PictureTowerSpec& spec);

class PatchTowerImpl : public PictureTowerImpl {
 public:
  explicit PatchTowerImpl(const PictureTowerSpec& spec);
  at::Tensor forward(const at::Tensor& pictures) override;
  double flops(std::int64_t side) const override;

 private:
  struct Layer {
    torch::nn::LayerNorm attention_norm{nullptr};
    torch::nn::Linear queries{nullptr};  ///< and keys, and values
    torch::nn::Linear attended{nullptr};
    torch::nn::LayerNorm inner_norm{nullptr};
    torch::nn::Linear inner{nullptr};
    torch::nn::Linear outer{nullptr};
  };
  Layer make_layer(const std::string& name);
  at::Tensor attend(Layer& layer, const at::Tensor& x);

  PictureTowerSpec spec_;
  std::int64_t width_;
  torch::nn::Conv2d patches_{nullptr};
  at::Tensor positions_;  ///< [1, width, S/patch, S/patch]
  std::vector<Layer> layers_;
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear output_{nullptr};
};

double patch_parameters(const PictureTowerSpec& spec);

}  // namespace jest::apps::train
