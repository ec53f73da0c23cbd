#pragma once
// A transformer decoder over bytes: pre-norm blocks, rotary positions (Su et al. 2021), scaled
// dot-product attention. For machines with time, or a GPU, to spare.

#include "train/text/byte_model.hpp"

namespace jest::apps::train {

class ByteDecoderImpl : public ByteModelImpl {
 public:
  /// Throws unless spec.heads divides spec.hidden into heads of even width.
  explicit ByteDecoderImpl(const ByteModelSpec& spec);

  at::Tensor states(const at::Tensor& bytes) override;
  double forward_flops(std::int64_t length) const override;

 private:
  torch::nn::Embedding bytes_{nullptr};
  torch::nn::ModuleList blocks_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};

/// Of the embeddings, the blocks and the last norm.
double decoder_parameters(const ByteModelSpec& spec);

}  // namespace jest::apps::train
