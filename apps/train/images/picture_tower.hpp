#pragma once
// What a tower for pictures of any colours offers, and which there are.

#include <torch/torch.h>

#include <memory>
#include <string>

namespace jest::apps::train {

struct PictureTowerSpec {
  std::string kind = "resnet";  ///< or "vit"
  std::int64_t side = 64;       ///< S
  std::int64_t colours = 3;     ///< C
  std::int64_t channels =
      16;                  ///< of a resnet's first stage; a vit's tokens are eight times as wide
  std::int64_t depth = 2;  ///< residual blocks of each of four stages, or layers of a vit
  std::int64_t embedding = 128;  ///< d
};

class PictureTowerImpl : public torch::nn::Module {
 public:
  /// Pictures [n, C, S, S], or of side S/2, to [n, d].
  virtual at::Tensor forward(const at::Tensor& pictures) = 0;
  /// Multiply-adds count as two; norms, activations and sums are not counted.
  virtual double flops(std::int64_t side) const = 0;
};

/// Throws unless the kind is known and the side suits it: a multiple of 32 for a resnet, of two
/// patches for a vit, at both resolutions.
void check_picture_tower(const PictureTowerSpec& spec);

std::shared_ptr<PictureTowerImpl> make_picture_tower(const PictureTowerSpec& spec);
double parameters_of(const PictureTowerSpec& spec);

}  // namespace jest::apps::train
