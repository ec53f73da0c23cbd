#include "train/images/patch_tower.hpp"

#include "jest/core/error.hpp"
#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kHeadWidth = 32;
constexpr std::int64_t kInner = 4;  ///< a layer's hidden width over that of tokens
constexpr double kPositionDeviation = 0.02;

std::int64_t width_of(const PictureTowerSpec& spec) { return 8 * spec.channels; }

std::int64_t heads_of(std::int64_t width) {
  return width % kHeadWidth == 0 ? width / kHeadWidth : 1;
}

}  // namespace

std::int64_t patch_of(const PictureTowerSpec& spec) { return spec.side >= 128 ? 16 : 8; }

PatchTowerImpl::PatchTowerImpl(const PictureTowerSpec& spec) : spec_(spec), width_(width_of(spec)) {
  using namespace torch::nn;
  const std::int64_t patch = patch_of(spec), grid = spec.side / patch;
  patches_ =
      register_module("patches", Conv2d(Conv2dOptions(spec.colours, width_, patch).stride(patch)));
  positions_ =
      register_parameter("positions", kPositionDeviation * torch::randn({1, width_, grid, grid}));
  for (std::int64_t k = 0; k < spec.depth; ++k) layers_.push_back(make_layer(text("layer", k)));
  norm_ = register_module("norm", LayerNorm(LayerNormOptions({width_})));
  output_ = register_module("output", Linear(width_, spec.embedding));
}

PatchTowerImpl::Layer PatchTowerImpl::make_layer(const std::string& name) {
  using namespace torch::nn;
  const auto norm = [&](const char* part) {
    return register_module(name + part, LayerNorm(LayerNormOptions({width_})));
  };
  const auto linear = [&](const char* part, std::int64_t in, std::int64_t out) {
    return register_module(name + part, Linear(in, out));
  };
  return {norm("_attention_norm"),
          linear("_queries", width_, 3 * width_),
          linear("_attended", width_, width_),
          norm("_inner_norm"),
          linear("_inner", width_, kInner * width_),
          linear("_outer", kInner * width_, width_)};
}

at::Tensor PatchTowerImpl::attend(Layer& layer, const at::Tensor& x) {
  const std::int64_t heads = heads_of(width_);
  const at::Tensor all = layer.queries->forward(layer.attention_norm->forward(x))
                             .view({x.size(0), x.size(1), 3, heads, width_ / heads})
                             .permute({2, 0, 3, 1, 4});  // [3, n, heads, tokens, width of a head]
  const at::Tensor found = at::scaled_dot_product_attention(all[0], all[1], all[2]);
  return layer.attended->forward(found.transpose(1, 2).reshape(x.sizes()));
}

at::Tensor PatchTowerImpl::forward(const at::Tensor& pictures) {
  const at::Tensor patches = patches_->forward(pictures);
  const bool half = patches.size(2) < positions_.size(2);
  const at::Tensor positions = half ? at::avg_pool2d(positions_, {2, 2}) : positions_;
  at::Tensor x = (patches + positions).flatten(2).transpose(1, 2);  // [n, tokens, width]
  for (Layer& layer : layers_) {
    x = x + attend(layer, x);
    x = x + layer.outer->forward(torch::gelu(layer.inner->forward(layer.inner_norm->forward(x))));
  }
  return output_->forward(norm_->forward(x).mean(1));
}

double PatchTowerImpl::flops(std::int64_t side) const {
  const double patch = static_cast<double>(patch_of(spec_));
  const double tokens = (side / patch) * (side / patch);
  const double width = static_cast<double>(width_);
  const double linears = (4 + 2 * kInner) * width * width;  // of a token in a layer
  const double of_layer = tokens * linears + 2 * tokens * tokens * width;
  return 2 * (tokens * spec_.colours * patch * patch * width + spec_.depth * of_layer +
              width * spec_.embedding);
}

double patch_parameters(const PictureTowerSpec& spec) {
  const double width = static_cast<double>(width_of(spec));
  const double patch = static_cast<double>(patch_of(spec));
  const double grid = static_cast<double>(spec.side) / patch;
  const double of_layer =
      4 * width + linear_parameters(width, 3 * width) + linear_parameters(width, width) +
      linear_parameters(width, kInner * width) + linear_parameters(kInner * width, width);
  return linear_parameters(spec.colours * patch * patch, width) + width * grid * grid +
         spec.depth * of_layer + 2 * width +
         linear_parameters(width, static_cast<double>(spec.embedding));
}

}  // namespace jest::apps::train
