#pragma once
// A small residual network (He et al., arXiv 1512.03385) with group norms (arXiv 1803.08494): what
// a picture becomes does not depend on the others of its batch.
//
// convolution of stride 2 -> four stages of C, 2C, 4C, 8C channels, each but the first of stride 2
// -> mean over places -> linear. At half resolution the same, over a quarter of the places.

#include <vector>

#include "train/images/picture_tower.hpp"

namespace jest::apps::train {

/// A convolution, and how many places and numbers it takes.
struct CountedConvolution {
  std::int64_t in, out, size, stride;

  double parameters() const { return static_cast<double>(in) * out * size * size; }
  std::int64_t side_after(std::int64_t side) const { return side / stride; }
  double flops(std::int64_t side) const {
    const double places = static_cast<double>(side_after(side)) * side_after(side);
    return 2 * places * parameters();
  }
};

class ResidualTowerImpl : public PictureTowerImpl {
 public:
  explicit ResidualTowerImpl(const PictureTowerSpec& spec);
  at::Tensor forward(const at::Tensor& pictures) override;
  double flops(std::int64_t side) const override;

 private:
  struct Block {
    torch::nn::Sequential path{nullptr};
    torch::nn::Conv2d shortcut{nullptr};  ///< where the shape changes
  };

  PictureTowerSpec spec_;
  torch::nn::Sequential stem_{nullptr};
  std::vector<Block> blocks_;
  torch::nn::Linear output_{nullptr};
};

double residual_parameters(const PictureTowerSpec& spec);

}  // namespace jest::apps::train
