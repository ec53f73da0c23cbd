#include "train/images/residual_tower.hpp"

#include <numeric>

#include "jest/core/error.hpp"
#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kStages = 4;
constexpr std::int64_t kGroups = 8;

torch::nn::Conv2d convolution(const CountedConvolution& shape) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(shape.in, shape.out, shape.size)
                               .stride(shape.stride)
                               .padding(shape.size / 2)
                               .bias(false));
}

torch::nn::GroupNorm norm(std::int64_t channels) {
  return torch::nn::GroupNorm(torch::nn::GroupNormOptions(std::gcd(kGroups, channels), channels));
}

/// The convolutions of a block: two of its path and, where the shape changes, that of the shortcut.
struct BlockShape {
  CountedConvolution first, second, shortcut;
  bool has_shortcut;
};

std::vector<BlockShape> block_shapes(const PictureTowerSpec& spec) {
  std::vector<BlockShape> shapes;
  std::int64_t in = spec.channels;
  for (std::int64_t stage = 0; stage < kStages; ++stage) {
    const std::int64_t out = spec.channels << stage;
    for (std::int64_t k = 0; k < spec.depth; ++k) {
      const std::int64_t stride = k == 0 && stage > 0 ? 2 : 1;
      shapes.push_back({{in, out, 3, stride}, {out, out, 3, 1}, {in, out, 1, stride}, in != out});
      in = out;
    }
  }
  return shapes;
}

CountedConvolution stem_shape(const PictureTowerSpec& spec) {
  return {spec.colours, spec.channels, 3, 2};
}

std::int64_t last_channels(const PictureTowerSpec& spec) { return spec.channels << (kStages - 1); }

}  // namespace

ResidualTowerImpl::ResidualTowerImpl(const PictureTowerSpec& spec) : spec_(spec) {
  using torch::nn::ReLU;
  using torch::nn::Sequential;
  stem_ = register_module("stem",
                          Sequential(convolution(stem_shape(spec)), norm(spec.channels), ReLU()));
  for (const BlockShape& shape : block_shapes(spec)) {
    const std::string name = text("block", blocks_.size());
    Block block;
    block.path =
        register_module(name, Sequential(convolution(shape.first), norm(shape.first.out), ReLU(),
                                         convolution(shape.second), norm(shape.second.out)));
    if (shape.has_shortcut) {
      block.shortcut = register_module(name + "_shortcut", convolution(shape.shortcut));
    }
    blocks_.push_back(block);
  }
  output_ = register_module("output", torch::nn::Linear(last_channels(spec), spec.embedding));
}

at::Tensor ResidualTowerImpl::forward(const at::Tensor& pictures) {
  at::Tensor x = stem_->forward(pictures);
  for (Block& block : blocks_) {
    const at::Tensor past = block.shortcut.is_empty() ? x : block.shortcut->forward(x);
    x = torch::relu(block.path->forward(x) + past);
  }
  return output_->forward(x.mean({2, 3}));
}

double ResidualTowerImpl::flops(std::int64_t side) const {
  double flops = stem_shape(spec_).flops(side);
  side = stem_shape(spec_).side_after(side);
  for (const BlockShape& shape : block_shapes(spec_)) {
    flops += shape.first.flops(side) + (shape.has_shortcut ? shape.shortcut.flops(side) : 0);
    side = shape.first.side_after(side);
    flops += shape.second.flops(side);
  }
  return flops + 2.0 * last_channels(spec_) * spec_.embedding;
}

double residual_parameters(const PictureTowerSpec& spec) {
  double parameters = stem_shape(spec).parameters() + 2.0 * spec.channels;
  for (const BlockShape& shape : block_shapes(spec)) {
    parameters += shape.first.parameters() + shape.second.parameters() + 4.0 * shape.first.out +
                  (shape.has_shortcut ? shape.shortcut.parameters() : 0);
  }
  return parameters + linear_parameters(static_cast<double>(last_channels(spec)),
                                        static_cast<double>(spec.embedding));
}

}  // namespace jest::apps::train
