// Losses of tokens, and counts of a decoder.

#include "jest/learner/decoder.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "decoder_layers.hpp"
#include "jest/torch/tensor_sketch.hpp"

namespace jest {
namespace {

constexpr std::int64_t kSketchWidth = 256;
constexpr std::int64_t kHeldLogits = std::int64_t{1} << 25;  // numbers, without gradients

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& targets) {
  using torch::nn::functional::CrossEntropyFuncOptions;
  return torch::nn::functional::cross_entropy(
             logits.to(at::kFloat).flatten(0, 1), targets.flatten(),
             CrossEntropyFuncOptions().reduction(torch::kNone).ignore_index(kNoToken))
      .view(targets.sizes());
}

/// Tokens that are predicted, [n, L]; read are those before.
at::Tensor targets_of(const at::Tensor& tokens) { return tokens.slice(1, 1); }

at::Tensor mean_of_rows(const at::Tensor& losses, const at::Tensor& tokens) {
  const at::Tensor counts = targets_of(tokens).ne(kNoToken).sum(1);
  return losses.sum(1) / counts.to(losses.device(), at::kFloat);
}

/// Rows of which the logits are held at once.
std::int64_t rows_at_once(const at::Tensor& tokens, std::int64_t vocabulary) {
  if (at::GradMode::is_enabled()) return std::max<std::int64_t>(tokens.size(0), 1);
  return std::max<std::int64_t>(
      kHeldLogits / (vocabulary * std::max<std::int64_t>(tokens.size(1), 1)), 1);
}

void draw(torch::nn::Module& module, const DecoderSpec& spec) {
  const torch::NoGradGuard no_gradient;
  const double residual = spec.deviation / std::sqrt(2.0 * static_cast<double>(spec.layers));
  for (const auto& item : module.named_parameters()) {
    if (item.value().dim() < 2) continue;  // norms and biases stay ones and zeros
    const bool adds = spec.shape == DecoderShape::kGpt2 && item.key().ends_with("c_proj.weight");
    torch::nn::init::normal_(item.value(), 0.0, adds ? residual : spec.deviation);
  }
}

}  // namespace

struct DecoderState : torch::nn::Module {
  DecoderSpec spec;
  DecoderTrunk trunk;
  at::Tensor output;  ///< [V, H]
  TensorSketch sketch;

  explicit DecoderState(const DecoderSpec& complete)
      : spec(complete),
        sketch({.errors = spec.vocabulary, .hidden = spec.hidden, .width = kSketchWidth}) {
    const bool llama = spec.shape == DecoderShape::kLlama;
    trunk = llama ? llama_trunk(spec) : gpt2_trunk(spec);
    register_module(llama ? "model" : "transformer", trunk.module);
    output = trunk.embeddings;
    if (spec.tied) return;
    auto layer = std::make_shared<torch::nn::Module>("lm_head");
    output = layer->register_parameter("weight", torch::zeros({spec.vocabulary, spec.hidden}));
    register_module("lm_head", layer);
  }
};

Decoder::Decoder(const DecoderSpec& spec)
    : state_(std::make_shared<DecoderState>(complete(spec))) {}

torch::nn::Module& Decoder::operator*() const { return *state_; }
const DecoderSpec& Decoder::spec() const { return state_->spec; }
bool Decoder::is_training() const { return state_->is_training(); }
void Decoder::train(bool on) const { state_->train(on); }
void Decoder::to(c10::Device device) const { state_->to(device); }
std::vector<at::Tensor> Decoder::parameters() const { return state_->parameters(); }
std::vector<at::Tensor> Decoder::buffers() const { return state_->buffers(); }
std::vector<std::shared_ptr<torch::nn::Module>> Decoder::modules(bool include_self) const {
  return state_->modules(include_self);
}

at::Tensor Decoder::states(const at::Tensor& tokens) const {
  if (tokens.dim() != 2 || tokens.size(1) > spec().positions) {
    refuse("decoder", text("tokens [n, L], L at most ", spec().positions), tokens.sizes());
  }
  return state_->trunk.states(tokens.to(state_->output.device(), at::kLong));
}

at::Tensor Decoder::logits(const at::Tensor& tokens) const { return project(states(tokens)); }

at::Tensor Decoder::project(const at::Tensor& states) const {
  return at::linear(states, state_->output);
}

/// `work(states [m, L, H], tokens [m, L + 1])` for a few rows after the other.
template <class Work>
void Decoder::by_rows(const at::Tensor& tokens, const Work& work) const {
  if (tokens.dim() != 2 || tokens.size(1) < 2) {
    refuse("decoder", "tokens [n, L + 1] with L at least 1", tokens.sizes());
  }
  for (const at::Tensor& part : tokens.split(rows_at_once(tokens, spec().vocabulary))) {
    const at::Tensor here = part.to(state_->output.device(), at::kLong);
    work(states(here.slice(1, 0, here.size(1) - 1).clamp_min(0)), here);
  }
}

at::Tensor Decoder::token_losses(const at::Tensor& tokens) const {
  std::vector<at::Tensor> parts;
  by_rows(tokens, [&](const at::Tensor& states, const at::Tensor& here) {
    parts.push_back(cross_entropy(project(states), targets_of(here)));
  });
  return torch::cat(parts);
}

at::Tensor Decoder::padded_to(const at::Tensor& losses, std::int64_t length) {
  return at::constant_pad_nd(losses, {0, length - losses.size(1)});
}

at::Tensor Decoder::losses(const at::Tensor& tokens) const {
  return mean_of_rows(token_losses(tokens), tokens);
}

LossesAndFeatures Decoder::losses_and_features(const at::Tensor& tokens) const {
  std::vector<at::Tensor> losses, features;
  by_rows(tokens, [&](const at::Tensor& states, const at::Tensor& here) {
    const at::Tensor logits = project(states);
    const at::Tensor targets = targets_of(here);
    losses.push_back(mean_of_rows(cross_entropy(logits, targets), here));
    const at::Tensor mask = targets.ne(kNoToken);
    const at::Tensor weights = mask / mask.sum(1, true).to(at::kFloat);
    features.push_back(
        state_->sketch.features(loss_errors(logits, targets.clamp_min(0), weights), states));
  });
  return {torch::cat(losses), torch::cat(features)};
}

double Decoder::forward_flops(std::int64_t length) const {
  const auto tokens = static_cast<double>(length);
  const auto hidden = static_cast<double>(spec().hidden);
  const auto expansion = static_cast<double>(spec().expansion);
  const auto queries = static_cast<double>(spec().heads * spec().head_width);
  const auto keys = static_cast<double>(spec().key_heads * spec().head_width);
  const double perceptrons = spec().shape == DecoderShape::kLlama ? 3 : 2;
  const double block =
      2 * hidden * (2 * queries + 2 * keys + perceptrons * expansion) + 2 * tokens * queries;
  return tokens * (static_cast<double>(spec().layers) * block +
                   2 * hidden * static_cast<double>(spec().vocabulary));
}

double Decoder::sketch_flops(std::int64_t length) const {
  const double transforms = 2 * 2.5 * kSketchWidth * std::log2(kSketchWidth);
  const double products = 6.0 * kSketchWidth / 2;  // of complex numbers
  return static_cast<double>(length) *
         (transforms + products + static_cast<double>(spec().vocabulary + spec().hidden));
}

double parameters_of(const DecoderSpec& given) {
  const DecoderSpec spec = complete(given);
  const auto hidden = static_cast<double>(spec.hidden);
  const auto expansion = static_cast<double>(spec.expansion);
  const auto width = static_cast<double>(spec.head_width);
  const double table = static_cast<double>(spec.vocabulary) * hidden;
  const double outputs = spec.tied ? 0 : table;
  const auto layers = static_cast<double>(spec.layers);
  if (spec.shape == DecoderShape::kGpt2) {
    const double block = 4 * hidden * hidden + 2 * hidden * expansion + 9 * hidden + expansion;
    return table + outputs + static_cast<double>(spec.positions) * hidden + layers * block +
           2 * hidden;
  }
  const double heads = 2 * static_cast<double>(spec.heads + spec.key_heads) * width;
  return table + outputs + layers * (hidden * (heads + 3 * expansion + 2)) + hidden;
}

Decoder make_decoder(const DecoderSpec& spec, std::uint64_t seed) {
  Decoder model(spec);
  torch::manual_seed(seed);
  draw(*model, model->spec());
  return model;
}

}  // namespace jest
