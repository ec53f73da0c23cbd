#pragma once
// A small convolutional network that tells which of a few labels a picture has.
//
// strided convolutions -> linear -> ReLU -> linear; the loss of a picture is its cross-entropy.

#include <torch/torch.h>

#include "jest/io/safetensors.hpp"
#include "train/formats/named_images.hpp"

namespace jest::apps::train {

struct LabelNetworkSpec {
  std::int64_t labels = 0;
  std::int64_t side = 32;  ///< S, a multiple of 8
  std::int64_t channels = 16;
  std::int64_t hidden = 128;
};

class LabelNetworkImpl : public torch::nn::Module {
 public:
  explicit LabelNetworkImpl(const LabelNetworkSpec& spec);

  /// [n, labels]
  at::Tensor logits(const ImageBatch& batch);
  /// [n]
  at::Tensor losses(const ImageBatch& batch);

  double forward_flops() const;
  const LabelNetworkSpec& spec() const { return spec_; }
  Metadata metadata() const;

 private:
  LabelNetworkSpec spec_;
  torch::nn::Sequential convolutions_{nullptr};
  torch::nn::Linear hidden_{nullptr};
  torch::nn::Linear label_{nullptr};
};
TORCH_MODULE(LabelNetwork);

/// The labels of a batch, [n] int64.
at::Tensor labels_of(const ImageBatch& batch);

/// Of the model that make_label_network makes.
JEST_EXPORT double parameters_of(const LabelNetworkSpec& spec);

/// Initialised as a function of `seed` alone.
LabelNetwork make_label_network(const LabelNetworkSpec& spec, std::uint64_t seed);

/// What save_model wrote.
LabelNetwork load_label_network(const SafetensorsFile& file);

}  // namespace jest::apps::train
