// Losses of tokens, counts of a decoder, and batches of tokens.

#include "jest/learner/decoder.hpp"

#include <algorithm>
#include <cmath>

#include "decoder_layers.hpp"

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

TokenBatch TokenBatch::at(const std::vector<std::int64_t>& positions) const {
  TokenBatch batch(rows_.at(positions));
  batch.prefix_ = prefix_;
  return batch;
}

TokenBatch TokenBatch::prefix(std::int64_t length) const {
  const std::int64_t most = rows_.table().length();
  if (length < 1 || length > most) {
    refuse("prefix", text("from 1 to the ", most, " tokens that a row predicts"), length);
  }
  TokenBatch batch = *this;
  batch.prefix_ = length;
  return batch;
}

at::Tensor TokenBatch::tokens() const {
  std::int64_t longest = 0;
  std::vector<std::int64_t> counts;
  for (const std::int64_t row : rows_.rows()) {
    counts.push_back(std::min(rows_.table().tokens(row), length() + 1));
    longest = std::max(longest, counts.back());
  }
  at::Tensor all = torch::full({rows_.size(), longest}, kNoToken, at::kLong);
  auto* out = all.data_ptr<std::int64_t>();
  for (std::int64_t k = 0; k < rows_.size(); ++k, out += longest) {
    rows_.table().copy(rows_.rows()[k], counts[k], out);
  }
  rows_.table().expect_unchanged();
  return all;
}

DecoderImpl::DecoderImpl(const DecoderSpec& spec) : spec_(complete(spec)) {
  const bool llama = spec_.shape == DecoderShape::kLlama;
  trunk_ = llama ? llama_trunk(spec_) : gpt2_trunk(spec_);
  register_module(llama ? "model" : "transformer", trunk_);
  if (!spec_.tied) {
    const Product output(spec_.hidden, spec_.vocabulary);
    output_ = register_module("lm_head", output)->weight;
  }
  sketch_.emplace(
      TensorSketchSpec{.errors = spec_.vocabulary, .hidden = spec_.hidden, .width = kSketchWidth});
}

at::Tensor DecoderImpl::states(const at::Tensor& tokens) {
  if (tokens.dim() != 2 || tokens.size(1) > spec_.positions) {
    refuse("decoder", text("tokens [n, L], L at most ", spec_.positions), tokens.sizes());
  }
  return trunk_->states(tokens.to(trunk_->embeddings().device(), at::kLong));
}

at::Tensor DecoderImpl::logits(const at::Tensor& tokens) { return project(states(tokens)); }

at::Tensor DecoderImpl::project(const at::Tensor& states) const {
  return at::linear(states, spec_.tied ? trunk_->embeddings() : output_);
}

/// `work(states [m, L, H], tokens [m, L + 1])` for a few rows after the other.
template <class Work>
void DecoderImpl::by_rows(const at::Tensor& tokens, const Work& work) {
  if (tokens.dim() != 2 || tokens.size(1) < 2) {
    refuse("decoder", "tokens [n, L + 1] with L at least 1", tokens.sizes());
  }
  for (const at::Tensor& part : tokens.split(rows_at_once(tokens, spec_.vocabulary))) {
    const at::Tensor here = part.to(trunk_->embeddings().device(), at::kLong);
    work(states(here.slice(1, 0, here.size(1) - 1).clamp_min(0)), here);
  }
}

at::Tensor DecoderImpl::token_losses(const at::Tensor& tokens) {
  std::vector<at::Tensor> parts;
  by_rows(tokens, [&](const at::Tensor& states, const at::Tensor& here) {
    parts.push_back(cross_entropy(project(states), targets_of(here)));
  });
  return torch::cat(parts);
}

at::Tensor DecoderImpl::token_losses(const TokenBatch& batch) {
  const at::Tensor losses = token_losses(batch.tokens());
  return at::constant_pad_nd(losses, {0, batch.length() - losses.size(1)});
}

at::Tensor DecoderImpl::losses(const at::Tensor& tokens) {
  return mean_of_rows(token_losses(tokens), tokens);
}

at::Tensor DecoderImpl::losses(const TokenBatch& batch) { return losses(batch.tokens()); }

LossesAndFeatures DecoderImpl::losses_and_features(const TokenBatch& batch) {
  std::vector<at::Tensor> losses, features;
  const at::Tensor tokens = batch.tokens();
  by_rows(tokens, [&](const at::Tensor& states, const at::Tensor& here) {
    const at::Tensor logits = project(states);
    const at::Tensor targets = targets_of(here);
    losses.push_back(mean_of_rows(cross_entropy(logits, targets), here));
    const at::Tensor mask = targets.ne(kNoToken);
    const at::Tensor weights = mask / mask.sum(1, true).to(at::kFloat);
    features.push_back(
        sketch_->features(loss_errors(logits, targets.clamp_min(0), weights), states));
  });
  return {torch::cat(losses), torch::cat(features)};
}

double DecoderImpl::forward_flops(std::int64_t length) const {
  const auto tokens = static_cast<double>(length);
  const auto hidden = static_cast<double>(spec_.hidden);
  const auto expansion = static_cast<double>(spec_.expansion);
  const auto queries = static_cast<double>(spec_.heads * spec_.head_width);
  const auto keys = static_cast<double>(spec_.key_heads * spec_.head_width);
  const double perceptrons = spec_.shape == DecoderShape::kLlama ? 3 : 2;
  const double block =
      2 * hidden * (2 * queries + 2 * keys + perceptrons * expansion) + 2 * tokens * queries;
  return tokens * (static_cast<double>(spec_.layers) * block +
                   2 * hidden * static_cast<double>(spec_.vocabulary));
}

double DecoderImpl::sketch_flops(std::int64_t length) const {
  const double transforms = 2 * 2.5 * kSketchWidth * std::log2(kSketchWidth);
  const double products = 6.0 * kSketchWidth / 2;  // of complex numbers
  return static_cast<double>(length) *
         (transforms + products + static_cast<double>(spec_.vocabulary + spec_.hidden));
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
  Decoder model = std::make_shared<DecoderImpl>(spec);
  torch::manual_seed(seed);
  draw(*model, model->spec());
  return model;
}

}  // namespace jest
