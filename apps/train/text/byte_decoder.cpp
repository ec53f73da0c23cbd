#include "train/text/byte_decoder.hpp"

#include "jest/core/error.hpp"
#include "jest/learner/decoder.hpp"
#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr double kRotaryBase = 10000;
constexpr std::int64_t kExpansion = 4;  // of a block's perceptron

class BlockImpl : public torch::nn::Module {
 public:
  BlockImpl(std::int64_t width, std::int64_t heads) : heads_(heads) {
    using namespace torch::nn;
    norms_ = register_module("norms", ModuleList(LayerNorm(LayerNormOptions({width})),
                                                 LayerNorm(LayerNormOptions({width}))));
    inputs_ = register_module("inputs", Linear(width, 3 * width));
    output_ = register_module("output", Linear(width, width));
    up_ = register_module("up", Linear(width, kExpansion * width));
    down_ = register_module("down", Linear(kExpansion * width, width));
  }

  at::Tensor forward(const at::Tensor& x, const at::Tensor& angles) {
    const at::Tensor attended = x + attention(norm(0, x), angles);
    return attended + down_->forward(torch::gelu(up_->forward(norm(1, attended))));
  }

 private:
  at::Tensor norm(std::size_t which, const at::Tensor& x) {
    return norms_[which]->as<torch::nn::LayerNorm>()->forward(x);
  }

  at::Tensor attention(const at::Tensor& x, const at::Tensor& angles) {
    const auto heads = inputs_->forward(x)
                           .view({x.size(0), x.size(1), 3, heads_, x.size(2) / heads_})
                           .permute({2, 0, 3, 1, 4});
    const at::Tensor attended = at::scaled_dot_product_attention(detail::rotated(heads[0], angles),
                                                                 detail::rotated(heads[1], angles),
                                                                 heads[2], {}, 0.0, true);
    return output_->forward(attended.transpose(1, 2).reshape(x.sizes()));
  }

  std::int64_t heads_;
  torch::nn::ModuleList norms_{nullptr};
  torch::nn::Linear inputs_{nullptr};
  torch::nn::Linear output_{nullptr};
  torch::nn::Linear up_{nullptr};
  torch::nn::Linear down_{nullptr};
};
TORCH_MODULE(Block);

}  // namespace

ByteDecoderImpl::ByteDecoderImpl(const ByteModelSpec& spec) : ByteModelImpl(spec) {
  if (spec.hidden % (2 * spec.heads) != 0) {
    refuse("decoder", text("a hidden width that ", spec.heads, " heads divide into even widths"),
           spec.hidden);
  }
  bytes_ = register_module("bytes", torch::nn::Embedding(kBytes + 1, spec.hidden));
  torch::nn::init::normal_(bytes_->weight, 0.0, 0.02);
  blocks_ = register_module("blocks", torch::nn::ModuleList());
  for (std::int64_t layer = 0; layer < spec.layers; ++layer) {
    blocks_->push_back(Block(spec.hidden, spec.heads));
  }
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({spec.hidden})));
}

double decoder_parameters(const ByteModelSpec& spec) {
  const double width = static_cast<double>(spec.hidden);
  const double norm = 2 * width;
  const double block =
      2 * norm + linear_parameters(width, 3 * width) + linear_parameters(width, width) +
      linear_parameters(width, kExpansion * width) + linear_parameters(kExpansion * width, width);
  return (kBytes + 1) * width + static_cast<double>(spec.layers) * block + norm;
}

at::Tensor ByteDecoderImpl::states(const at::Tensor& bytes) {
  // Position p reads the byte before it.
  const at::Tensor before =
      bytes.slice(1, 0, bytes.size(1) - 1).to(bytes_->weight.device(), at::kLong);
  const at::Tensor start = torch::full({bytes.size(0), 1}, kStart, before.options());
  at::Tensor x = bytes_->forward(torch::cat({start, before}, 1));
  const at::Tensor angles =
      detail::rotary_angles(bytes.size(1), spec().hidden / spec().heads, kRotaryBase)
          .to(x.device());
  for (const auto& block : *blocks_) x = block->as<Block>()->forward(x, angles);
  return norm_->forward(x);
}

double ByteDecoderImpl::forward_flops(std::int64_t length) const {
  const double width = static_cast<double>(spec().hidden);
  const double products = 2 * (4 + 2 * kExpansion) * width * width;
  const double attention = 2.0 * length * width;  // scores and sums, half of them masked
  return length * (spec().layers * (products + attention) + output_flops());
}

}  // namespace jest::apps::train
