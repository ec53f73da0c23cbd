#pragma once
// Decoders of the shapes of Llama and GPT-2, with the parameter names of Hugging Face's, and
// batches of tokens for them. Not in jest/jest.hpp: a module's definition takes LibTorch's heavy
// headers.
//
//   jest::Decoder guide = jest::load_decoder("SmolLM2-135M");     // config.json, *.safetensors
//   jest::Decoder learner = jest::make_decoder({.vocabulary = 50304, .hidden = 384}, /*seed=*/1);
//   jest::Learner training{learner, optimizer, {}, jest::Precision::kBfloat16, {.max_norm = 1}};

#include <torch/nn/module.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jest/data/token_table.hpp"
#include "jest/io/safetensors.hpp"
#include "jest/learner/concepts.hpp"
#include "jest/torch/tensor_sketch.hpp"

namespace jest {

/// Rows of a token table; of each, models may be shown the first `prefix` predictions alone.
class JEST_EXPORT TokenBatch {
 public:
  using Table = TokenTable;

  TokenBatch(TableRows<TokenTable> rows) : rows_(std::move(rows)) {}

  std::span<const std::int64_t> ids() const { return rows_.ids(); }
  const TableRows<TokenTable>& rows() const { return rows_; }
  TokenBatch at(const std::vector<std::int64_t>& positions) const;

  /// The same rows, of which `length` tokens are predicted at most. Throws unless it is at least 1
  /// and no more than the table's L.
  TokenBatch prefix(std::int64_t length) const;
  std::int64_t length() const { return prefix_.value_or(rows_.table().length()); }

  /// int64 [n, longest row of the batch] of the CPU; behind a row's end stands kNoToken.
  at::Tensor tokens() const;

 private:
  TableRows<TokenTable> rows_;
  std::optional<std::int64_t> prefix_;
};

inline constexpr std::int64_t kNoToken = -1;

enum class DecoderShape {
  kLlama,  ///< RMSNorm, rotary positions, grouped queries, SwiGLU. Touvron et al. 2023
  kGpt2,   ///< LayerNorm, learnt positions, GELU. Radford et al. 2019
};

/// What a config.json says. Shape letters: V, H as in docs/method.md.
struct DecoderSpec {
  DecoderShape shape = DecoderShape::kLlama;
  std::int64_t vocabulary = 256;  ///< V
  std::int64_t hidden = 256;      ///< H
  std::int64_t layers = 4;
  std::int64_t heads = 4;
  std::int64_t key_heads = 0;   ///< of keys and values; 0: as many as `heads`. Llama
  std::int64_t head_width = 0;  ///< 0: H / heads
  std::int64_t expansion = 0;  ///< width of a block's perceptron; 0: Llama 8H/3 up to a multiple of
                               ///< 32, GPT-2 4H
  std::int64_t positions = 1024;  ///< most tokens of a row that are read
  double epsilon = 1e-5;          ///< of norms
  double rotary_base = 10000;     ///< Llama
  bool tied = true;               ///< whether the output layer is the table of embeddings
  double deviation = 0.02;        ///< of new weights
};

/// The same with every 0 filled in. Throws where widths do not fit heads, or a number is below 1.
JEST_EXPORT DecoderSpec complete(DecoderSpec spec);

/// From and to the text of a config.json. Throws jest::Error, with `name`, where it is of another
/// architecture, or asks for what the shape here has not: other activations, scaled rotary
/// positions, biases in Llama's layers.
JEST_EXPORT DecoderSpec parse_decoder_config(const std::string& json, const std::string& name);
JEST_EXPORT std::string decoder_config(const DecoderSpec& spec);

namespace detail {

/// Angles [L, d/2] of rotary positions, float64. Source: Su et al. 2021, "RoFormer".
JEST_EXPORT at::Tensor rotary_angles(std::int64_t length, std::int64_t width, double base);
/// x [n, heads, L, d] with pairs (k, k + d/2) turned by the angles of their positions.
JEST_EXPORT at::Tensor rotated(const at::Tensor& x, const at::Tensor& angles);

}  // namespace detail

/// A causal model of tokens, without dropout.
class JEST_EXPORT DecoderImpl : public torch::nn::Module {
 public:
  /// Weights are zeros: make_decoder draws them, load_decoder reads them. Throws as complete().
  explicit DecoderImpl(const DecoderSpec& spec);

  const DecoderSpec& spec() const { return spec_; }

  /// States [n, L, H] of tokens [n, L], int64 in [0, V), behind the last norm; of each from itself
  /// and those before.
  at::Tensor states(const at::Tensor& tokens);
  /// Logits [n, L, V] of what follows each token.
  at::Tensor logits(const at::Tensor& tokens);

  /// Cross-entropy in nats of every token but a row's first, [n, L] float32: 0 where `tokens`
  /// [n, L + 1] has kNoToken. Without gradients the logits of some thousand tokens are held at a
  /// time. Throws where L is more than the positions there are.
  at::Tensor token_losses(const at::Tensor& tokens);
  /// The same, padded to the batch's length: [n, length()].
  at::Tensor token_losses(const TokenBatch& batch);
  /// Mean over each row's predicted tokens, [n].
  at::Tensor losses(const TokenBatch& batch);
  at::Tensor losses(const at::Tensor& tokens);
  /// The same losses, and sketches of their gradients in the output layer [n, 256].
  LossesAndFeatures losses_and_features(const TokenBatch& batch);

  /// Of a row with L predicted tokens; products, and attention at half of its square.
  double forward_flops(std::int64_t length) const;
  /// What sketches cost beside it.
  double sketch_flops(std::int64_t length) const;
  Metadata metadata() const;

 private:
  at::Tensor project(const at::Tensor& states) const;
  template <class Work>
  void by_rows(const at::Tensor& tokens, const Work& work);

  DecoderSpec spec_;
  std::shared_ptr<class DecoderTrunk> trunk_;
  at::Tensor output_;  ///< where it is not tied
  std::optional<TensorSketch> sketch_;
};

/// A handle, as models of the library are.
using Decoder = std::shared_ptr<DecoderImpl>;

/// Parameters of a model of this spec, counted without making it.
JEST_EXPORT double parameters_of(const DecoderSpec& spec);

/// Normal weights of spec.deviation, those that add to the residual stream divided by √(2·layers)
/// in GPT-2's shape: a pure function of (spec, seed).
JEST_EXPORT Decoder make_decoder(const DecoderSpec& spec, std::uint64_t seed);

/// The model of a folder with config.json and model.safetensors, or the files that
/// model.safetensors.index.json names; weights in float32. Throws jest::Error naming the file: on
/// configs as parse_decoder_config, on weights as load_parameters.
JEST_EXPORT Decoder load_decoder(const std::filesystem::path& folder);
/// The model of a file that save_decoder or a run of jest-train left.
JEST_EXPORT Decoder load_decoder(const SafetensorsFile& file);

/// Leaves config.json and model.safetensors, which transformers reads, and load_decoder.
JEST_EXPORT void save_decoder(const std::filesystem::path& folder, const Decoder& model);

}  // namespace jest
