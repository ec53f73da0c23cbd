// The shape of GPT-2: Radford et al. 2019, "Language models are unsupervised multitask learners".

#include <torch/torch.h>

#include "decoder_layers.hpp"

namespace jest {
namespace {

/// Rows of zeros: values come from elsewhere.
class TableImpl : public torch::nn::Module {
 public:
  TableImpl(std::int64_t rows, std::int64_t width) {
    weight = register_parameter("weight", torch::zeros({rows, width}));
  }

  at::Tensor weight;
};
TORCH_MODULE(Table);

/// GPT-2's files hold the weights of products as [inputs, outputs].
class ConvolutionImpl : public torch::nn::Module {
 public:
  ConvolutionImpl(std::int64_t inputs, std::int64_t outputs) {
    weight_ = register_parameter("weight", torch::zeros({inputs, outputs}));
    bias_ = register_parameter("bias", torch::zeros({outputs}));
  }
  at::Tensor forward(const at::Tensor& x) const { return at::linear(x, weight_.t(), bias_); }

 private:
  at::Tensor weight_, bias_;
};
TORCH_MODULE(Convolution);

class NormImpl : public torch::nn::Module {
 public:
  NormImpl(std::int64_t width, double epsilon) : epsilon_(epsilon) {
    weight_ = register_parameter("weight", torch::ones({width}));
    bias_ = register_parameter("bias", torch::zeros({width}));
  }
  at::Tensor forward(const at::Tensor& x) const {
    return at::layer_norm(x, weight_.sizes(), weight_, bias_, epsilon_);
  }

 private:
  double epsilon_;
  at::Tensor weight_, bias_;
};
TORCH_MODULE(Norm);

class Gpt2AttentionImpl : public torch::nn::Module {
 public:
  explicit Gpt2AttentionImpl(const DecoderSpec& spec) : heads_(spec.heads) {
    inputs_ = register_module("c_attn", Convolution(spec.hidden, 3 * spec.hidden));
    output_ = register_module("c_proj", Convolution(spec.hidden, spec.hidden));
  }
  at::Tensor forward(const at::Tensor& x) {
    const auto parts = inputs_(x).chunk(3, -1);
    return output_(causal_attention(by_heads(parts[0], heads_), by_heads(parts[1], heads_),
                                    by_heads(parts[2], heads_)));
  }

 private:
  std::int64_t heads_;
  Convolution inputs_{nullptr}, output_{nullptr};
};
TORCH_MODULE(Gpt2Attention);

class Gpt2PerceptronImpl : public torch::nn::Module {
 public:
  explicit Gpt2PerceptronImpl(const DecoderSpec& spec) {
    up_ = register_module("c_fc", Convolution(spec.hidden, spec.expansion));
    down_ = register_module("c_proj", Convolution(spec.expansion, spec.hidden));
  }
  at::Tensor forward(const at::Tensor& x) { return down_(at::gelu(up_(x), "tanh")); }

 private:
  Convolution up_{nullptr}, down_{nullptr};
};
TORCH_MODULE(Gpt2Perceptron);

class Gpt2BlockImpl : public torch::nn::Module {
 public:
  explicit Gpt2BlockImpl(const DecoderSpec& spec) {
    before_ = register_module("ln_1", Norm(spec.hidden, spec.epsilon));
    attention_ = register_module("attn", Gpt2Attention(spec));
    between_ = register_module("ln_2", Norm(spec.hidden, spec.epsilon));
    perceptron_ = register_module("mlp", Gpt2Perceptron(spec));
  }
  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor attended = x + attention_(before_(x));
    return attended + perceptron_(between_(attended));
  }

 private:
  Norm before_{nullptr}, between_{nullptr};
  Gpt2Attention attention_{nullptr};
  Gpt2Perceptron perceptron_{nullptr};
};
TORCH_MODULE(Gpt2Block);

class Gpt2Trunk : public torch::nn::Module {
 public:
  explicit Gpt2Trunk(const DecoderSpec& spec) {
    tokens_ = register_module("wte", Table(spec.vocabulary, spec.hidden));
    positions_ = register_module("wpe", Table(spec.positions, spec.hidden));
    layers_ = register_module("h", torch::nn::ModuleList());
    for (std::int64_t k = 0; k < spec.layers; ++k) layers_->push_back(Gpt2Block(spec));
    norm_ = register_module("ln_f", Norm(spec.hidden, spec.epsilon));
  }
  at::Tensor states(const at::Tensor& tokens) {
    at::Tensor x =
        at::embedding(tokens_->weight, tokens) + positions_->weight.slice(0, 0, tokens.size(1));
    for (const auto& layer : *layers_) x = layer->as<Gpt2Block>()->forward(x);
    return norm_(x);
  }
  at::Tensor embeddings() const { return tokens_->weight; }

 private:
  Table tokens_{nullptr}, positions_{nullptr};
  torch::nn::ModuleList layers_{nullptr};
  Norm norm_{nullptr};
};

}  // namespace

DecoderTrunk gpt2_trunk(const DecoderSpec& spec) {
  auto trunk = std::make_shared<Gpt2Trunk>(spec);
  return {trunk,
          [module = trunk.get()](const at::Tensor& tokens) { return module->states(tokens); },
          trunk->embeddings()};
}

}  // namespace jest
