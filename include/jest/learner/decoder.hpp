#pragma once
// Decoders of the shapes of Llama and GPT-2, with the parameter names of Hugging Face's, and
// batches of tokens for them. Not in jest/jest.hpp: a module's definition takes LibTorch's heavy
// headers.
//
//   jest::Decoder guide = jest::load_decoder("SmolLM2-135M");     // config.json, *.safetensors
//   jest::Decoder learner = jest::make_decoder({.vocabulary = 50304, .hidden = 384}, /*seed=*/1);
//   jest::Learner training{learner, optimizer, {}, jest::Precision::kBfloat16, {.max_norm = 1}};

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"
#include "jest/learner/concepts.hpp"

namespace torch::nn {
class Module;
}

namespace jest {

/// Stands behind the end of a row that is shorter than others of its batch.
inline constexpr std::int64_t kNoToken = -1;

/// A batch with tokens: jest::TokenBatch (data/token_table.hpp), or yours. int64 [n, longest row]
/// of any device, kNoToken behind the end of a row; `length()` is the most that a row predicts.
template <class B>
concept HasTokens = requires(const B& batch) {
  { batch.tokens() } -> std::convertible_to<at::Tensor>;
  { batch.length() } -> std::convertible_to<std::int64_t>;
};

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

/// A handle to a causal model of tokens, without dropout; copies share it.
class JEST_EXPORT Decoder {
 public:
  Decoder(std::nullptr_t = nullptr) {}
  /// Weights are zeros: make_decoder draws them, load_decoder reads them. Throws as complete().
  explicit Decoder(const DecoderSpec& spec);

  Decoder* operator->() { return this; }
  const Decoder* operator->() const { return this; }
  torch::nn::Module& operator*() const;

  const DecoderSpec& spec() const;

  /// States [n, L, H] of tokens [n, L], int64 in [0, V), behind the last norm; of each from itself
  /// and those before. Throws where L is more than the positions there are.
  at::Tensor states(const at::Tensor& tokens) const;
  /// Logits [n, L, V] of what follows each token.
  at::Tensor logits(const at::Tensor& tokens) const;

  /// Cross-entropy in nats of every token but a row's first, [n, L] float32: 0 where `tokens`
  /// [n, L + 1] has kNoToken. Without gradients the logits of some thousand tokens are held at a
  /// time.
  at::Tensor token_losses(const at::Tensor& tokens) const;
  /// Mean over each row's predicted tokens, [n].
  at::Tensor losses(const at::Tensor& tokens) const;
  /// The same losses, and sketches of their gradients in the output layer [n, 256].
  LossesAndFeatures losses_and_features(const at::Tensor& tokens) const;

  template <HasTokens B>
  at::Tensor losses(const B& batch) const {
    return losses(batch.tokens());
  }
  /// Padded to the batch's length: [n, length()].
  template <HasTokens B>
  at::Tensor token_losses(const B& batch) const {
    return padded_to(token_losses(batch.tokens()), batch.length());
  }
  template <HasTokens B>
  LossesAndFeatures losses_and_features(const B& batch) const {
    return losses_and_features(batch.tokens());
  }

  /// Of a row with L predicted tokens; products, and attention at half of its square.
  double forward_flops(std::int64_t length) const;
  /// What sketches cost beside it.
  double sketch_flops(std::int64_t length) const;
  Metadata metadata() const;

  // What learners and scoring ask of a module.
  bool is_training() const;
  void train(bool on = true) const;
  void to(c10::Device device) const;
  std::vector<at::Tensor> parameters() const;
  std::vector<at::Tensor> buffers() const;
  std::vector<std::shared_ptr<torch::nn::Module>> modules(bool include_self) const;

 private:
  static at::Tensor padded_to(const at::Tensor& losses, std::int64_t length);
  at::Tensor project(const at::Tensor& states) const;
  template <class Work>
  void by_rows(const at::Tensor& tokens, const Work& work) const;

  std::shared_ptr<struct DecoderState> state_;
};

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
