#pragma once
// Hashed n-grams of the bytes before a position, and a perceptron: a language model that trains in
// minutes on two cores.
//
// The last 1, 2, ... 6 bytes each choose a row of a table; the rows side by side -> linear -> ReLU,
// once a layer.

#include "train/text/byte_model.hpp"

namespace jest::apps::train {

class ByteNgramsImpl : public ByteModelImpl {
 public:
  explicit ByteNgramsImpl(const ByteModelSpec& spec);

  at::Tensor states(const at::Tensor& bytes) override;
  double forward_flops(std::int64_t length) const override;

 private:
  torch::nn::Embedding grams_{nullptr};
  torch::nn::ModuleList hidden_{nullptr};
};

/// Of the table and the hidden layers.
double ngrams_parameters(const ByteModelSpec& spec);

}  // namespace jest::apps::train
