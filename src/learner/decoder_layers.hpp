#pragma once
// Layers of decoders under the names that Hugging Face's files give their parameters.

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>

#include "jest/learner/decoder.hpp"

namespace jest {

/// Everything of a decoder but its output layer: "model" or "transformer" within it. Weights are
/// zeros, norms are ones.
struct DecoderTrunk {
  std::shared_ptr<torch::nn::Module> module;
  std::function<at::Tensor(const at::Tensor& tokens)> states;  ///< [n, L, H] of int64 [n, L]
  at::Tensor embeddings;                                       ///< the table [V, H]
};

DecoderTrunk llama_trunk(const DecoderSpec& spec);
DecoderTrunk gpt2_trunk(const DecoderSpec& spec);

/// softmax(q kᵀ/√d + causal mask) v of q [n, heads, L, d] and k, v [n, key heads, L, d], as
/// [n, L, heads·d].
at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);

/// [n, heads, L, d] of [n, L, heads·d].
at::Tensor by_heads(const at::Tensor& x, std::int64_t heads);

}  // namespace jest
