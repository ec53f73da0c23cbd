#pragma once
// Layers of decoders under the names that Hugging Face's files give their parameters.

#include <torch/torch.h>

#include "jest/learner/decoder.hpp"

namespace jest {

/// Everything of a decoder but its output layer.
class DecoderTrunk : public torch::nn::Module {
 public:
  /// [n, L, H] of int64 tokens [n, L].
  virtual at::Tensor states(const at::Tensor& tokens) = 0;
  /// The table of embeddings [V, H].
  virtual at::Tensor embeddings() const = 0;
};

/// Named "model" and "transformer" within a decoder. Weights are zeros, norms are ones.
std::shared_ptr<DecoderTrunk> llama_trunk(const DecoderSpec& spec);
std::shared_ptr<DecoderTrunk> gpt2_trunk(const DecoderSpec& spec);

/// A weight (and bias) of zeros: values come from a file or make_decoder.
class ProductImpl : public torch::nn::Module {
 public:
  /// weight [outputs, inputs] as torch.nn.Linear has it.
  ProductImpl(std::int64_t inputs, std::int64_t outputs) {
    weight = register_parameter("weight", torch::zeros({outputs, inputs}));
  }
  at::Tensor forward(const at::Tensor& x) const { return at::linear(x, weight); }

  at::Tensor weight;
};
TORCH_MODULE(Product);

/// softmax(q kᵀ/√d + causal mask) v of q [n, heads, L, d] and k, v [n, key heads, L, d], as
/// [n, L, heads·d].
inline at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const bool grouped = q.size(1) != k.size(1);
  return at::scaled_dot_product_attention(q, k, v, {}, 0.0, /*is_causal=*/true, {}, grouped)
      .transpose(1, 2)
      .flatten(2);
}

/// [n, heads, L, d] of [n, L, heads·d].
inline at::Tensor by_heads(const at::Tensor& x, std::int64_t heads) {
  return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);
}

}  // namespace jest
