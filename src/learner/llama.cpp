// The shape of Llama: Touvron et al. 2023, "LLaMA"; grouped queries: Ainslie et al. 2023.

#include <torch/torch.h>

#include "decoder_layers.hpp"

namespace jest {
namespace detail {

at::Tensor rotary_angles(std::int64_t length, std::int64_t width, double base) {
  const at::Tensor exponents = torch::arange(0, width, 2, at::kDouble) / width;
  return torch::outer(torch::arange(length, at::kDouble), torch::pow(base, -exponents));
}

at::Tensor rotated(const at::Tensor& x, const at::Tensor& angles) {
  const at::Tensor cosine = angles.cos().to(x.dtype());
  const at::Tensor sine = angles.sin().to(x.dtype());
  const auto halves = x.chunk(2, -1);
  return torch::cat({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine},
                    -1);
}

}  // namespace detail

namespace {

using detail::rotary_angles;
using detail::rotated;

/// weight [outputs, inputs] as torch.nn.Linear has it, zeros: values come from elsewhere.
class ProductImpl : public torch::nn::Module {
 public:
  ProductImpl(std::int64_t inputs, std::int64_t outputs) {
    weight = register_parameter("weight", torch::zeros({outputs, inputs}));
  }
  at::Tensor forward(const at::Tensor& x) const { return at::linear(x, weight); }

  at::Tensor weight;
};
TORCH_MODULE(Product);

class RmsNormImpl : public torch::nn::Module {
 public:
  RmsNormImpl(std::int64_t width, double epsilon) : epsilon_(epsilon) {
    weight_ = register_parameter("weight", torch::ones({width}));
  }
  at::Tensor forward(const at::Tensor& x) const {
    const at::Tensor wide = x.to(at::kFloat);
    return weight_ * (wide * at::rsqrt(wide.square().mean(-1, true) + epsilon_)).to(x.dtype());
  }

 private:
  double epsilon_;
  at::Tensor weight_;
};
TORCH_MODULE(RmsNorm);

class AttentionImpl : public torch::nn::Module {
 public:
  explicit AttentionImpl(const DecoderSpec& spec) : heads_(spec.heads), key_heads_(spec.key_heads) {
    const std::int64_t queries = spec.heads * spec.head_width;
    const std::int64_t keys = spec.key_heads * spec.head_width;
    q_ = register_module("q_proj", Product(spec.hidden, queries));
    k_ = register_module("k_proj", Product(spec.hidden, keys));
    v_ = register_module("v_proj", Product(spec.hidden, keys));
    o_ = register_module("o_proj", Product(queries, spec.hidden));
  }
  at::Tensor forward(const at::Tensor& x, const at::Tensor& angles) {
    const at::Tensor q = rotated(by_heads(q_(x), heads_), angles);
    const at::Tensor k = rotated(by_heads(k_(x), key_heads_), angles);
    return o_(causal_attention(q, k, by_heads(v_(x), key_heads_)));
  }

 private:
  std::int64_t heads_;
  std::int64_t key_heads_;
  Product q_{nullptr}, k_{nullptr}, v_{nullptr}, o_{nullptr};
};
TORCH_MODULE(Attention);

class SwiGluImpl : public torch::nn::Module {
 public:
  explicit SwiGluImpl(const DecoderSpec& spec) {
    gate_ = register_module("gate_proj", Product(spec.hidden, spec.expansion));
    up_ = register_module("up_proj", Product(spec.hidden, spec.expansion));
    down_ = register_module("down_proj", Product(spec.expansion, spec.hidden));
  }
  at::Tensor forward(const at::Tensor& x) { return down_(at::silu(gate_(x)) * up_(x)); }

 private:
  Product gate_{nullptr}, up_{nullptr}, down_{nullptr};
};
TORCH_MODULE(SwiGlu);

class LlamaBlockImpl : public torch::nn::Module {
 public:
  explicit LlamaBlockImpl(const DecoderSpec& spec) {
    before_ = register_module("input_layernorm", RmsNorm(spec.hidden, spec.epsilon));
    attention_ = register_module("self_attn", Attention(spec));
    between_ = register_module("post_attention_layernorm", RmsNorm(spec.hidden, spec.epsilon));
    perceptron_ = register_module("mlp", SwiGlu(spec));
  }
  at::Tensor forward(const at::Tensor& x, const at::Tensor& angles) {
    const at::Tensor attended = x + attention_(before_(x), angles);
    return attended + perceptron_(between_(attended));
  }

 private:
  RmsNorm before_{nullptr}, between_{nullptr};
  Attention attention_{nullptr};
  SwiGlu perceptron_{nullptr};
};
TORCH_MODULE(LlamaBlock);

class LlamaTrunk : public torch::nn::Module {
 public:
  explicit LlamaTrunk(const DecoderSpec& spec) : spec_(spec) {
    tokens_ = register_module("embed_tokens", Product(spec.hidden, spec.vocabulary));
    layers_ = register_module("layers", torch::nn::ModuleList());
    for (std::int64_t k = 0; k < spec.layers; ++k) layers_->push_back(LlamaBlock(spec));
    norm_ = register_module("norm", RmsNorm(spec.hidden, spec.epsilon));
  }
  at::Tensor states(const at::Tensor& tokens) {
    at::Tensor x = at::embedding(tokens_->weight, tokens);
    const at::Tensor angles =
        rotary_angles(tokens.size(1), spec_.head_width, spec_.rotary_base).to(x.device());
    for (const auto& layer : *layers_) x = layer->as<LlamaBlock>()->forward(x, angles);
    return norm_(x);
  }
  at::Tensor embeddings() const { return tokens_->weight; }

 private:
  DecoderSpec spec_;
  Product tokens_{nullptr};
  torch::nn::ModuleList layers_{nullptr};
  RmsNorm norm_{nullptr};
};

}  // namespace

at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const bool grouped = q.size(1) != k.size(1);
  return at::scaled_dot_product_attention(q, k, v, {}, 0.0, /*is_causal=*/true, {}, grouped)
      .transpose(1, 2)
      .flatten(2);
}

at::Tensor by_heads(const at::Tensor& x, std::int64_t heads) {
  return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);
}

DecoderTrunk llama_trunk(const DecoderSpec& spec) {
  auto trunk = std::make_shared<LlamaTrunk>(spec);
  return {trunk,
          [module = trunk.get()](const at::Tensor& tokens) { return module->states(tokens); },
          trunk->embeddings()};
}

}  // namespace jest
