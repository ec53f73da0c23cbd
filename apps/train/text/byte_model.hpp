#pragma once
// Causal models of bytes: what the learners and references of `jest-train text` are.

#include <torch/torch.h>

#include <memory>
#include <string>

#include "jest/io/safetensors.hpp"
#include "jest/learner/concepts.hpp"
#include "jest/torch/tensor_sketch.hpp"
#include "train/formats/byte_table.hpp"

namespace jest::apps::train {

inline constexpr std::int64_t kBytes = 256;   ///< V, what a position may be
inline constexpr std::int64_t kStart = 256;   ///< stands before the first byte
inline constexpr std::int64_t kSketch = 256;  ///< D, width of a gradient feature

struct ByteModelSpec {
  std::string kind = "ngrams";  ///< or "decoder"
  std::int64_t width = 32;      ///< of an n-gram's embedding
  std::int64_t hidden = 128;    ///< H
  std::int64_t layers = 2;
  std::int64_t heads = 4;  ///< of a decoder
};

/// A model gives a state [n, L, H] for every position from the bytes before it; the byte is
/// predicted by one linear layer.
class ByteModelImpl : public torch::nn::Module {
 public:
  explicit ByteModelImpl(const ByteModelSpec& spec);

  /// `bytes` [n, L] uint8 of the CPU; position p depends on bytes before p alone. The states lie
  /// where the parameters do.
  virtual at::Tensor states(const at::Tensor& bytes) = 0;
  /// Forward FLOPs of a sequence.
  virtual double forward_flops(std::int64_t length) const = 0;

  /// Cross-entropy of every byte in nats, [n, L].
  at::Tensor token_losses(const ByteBatch& batch);
  /// Their mean over each sequence, [n].
  at::Tensor losses(const ByteBatch& batch);
  /// The same losses, and sketches of their gradients in the last layer, [n, kSketch].
  LossesAndFeatures losses_and_features(const ByteBatch& batch);
  /// What the sketches cost beside a forward pass, in FLOPs of a sequence.
  double sketch_flops(std::int64_t length) const;
  const ByteModelSpec& spec() const { return spec_; }
  Metadata metadata() const;

 protected:
  double output_flops() const { return 2.0 * spec_.hidden * kBytes; }

 private:
  ByteModelSpec spec_;
  TensorSketch sketch_;
  torch::nn::Linear output_{nullptr};
};

/// A handle, as the library's models are.
using ByteModel = std::shared_ptr<ByteModelImpl>;

/// Of the model that make_byte_model makes.
JEST_EXPORT double parameters_of(const ByteModelSpec& spec);

/// Initialised as a function of `seed` alone.
ByteModel make_byte_model(const ByteModelSpec& spec, std::uint64_t seed);

/// What save_model wrote.
ByteModel load_byte_model(const SafetensorsFile& file);

}  // namespace jest::apps::train
