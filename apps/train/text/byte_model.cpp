#include "train/text/byte_model.hpp"

#include <cmath>

#include "jest/core/error.hpp"
#include "parse_whole.hpp"
#include "train/model_file.hpp"
#include "train/model_memory.hpp"
#include "train/text/byte_decoder.hpp"
#include "train/text/byte_ngrams.hpp"

namespace jest::apps::train {
namespace {

constexpr const char* kByteModel = "jest byte model 1";

std::int64_t number(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  std::int64_t value = 0;
  if (found == file.metadata().end() || !parse_whole(found->second, value) || value < 1) {
    refuse("load model " + file.path().string(), "a number as metadata " + key,
           found == file.metadata().end() ? "none" : found->second);
  }
  return value;
}

at::Tensor token_losses_of(const at::Tensor& logits, const at::Tensor& bytes) {
  const at::Tensor losses = torch::nn::functional::cross_entropy(
      logits.flatten(0, 1), bytes.flatten().to(logits.device(), at::kLong),
      torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
  return losses.view(bytes.sizes());
}

ByteModel new_model(const ByteModelSpec& spec) {
  if (spec.kind == "ngrams") return std::make_shared<ByteNgramsImpl>(spec);
  if (spec.kind == "decoder") return std::make_shared<ByteDecoderImpl>(spec);
  refuse("byte model", "ngrams or decoder", spec.kind);
}

}  // namespace

ByteModelImpl::ByteModelImpl(const ByteModelSpec& spec)
    : spec_(spec), sketch_({.errors = kBytes, .hidden = spec.hidden, .width = kSketch}) {
  output_ = register_module("output", torch::nn::Linear(spec.hidden, kBytes));
}

at::Tensor ByteModelImpl::token_losses(const ByteBatch& batch) {
  const at::Tensor bytes = batch.bytes();
  return token_losses_of(output_->forward(states(bytes)), bytes);
}

at::Tensor ByteModelImpl::losses(const ByteBatch& batch) { return token_losses(batch).mean(1); }

LossesAndFeatures ByteModelImpl::losses_and_features(const ByteBatch& batch) {
  const at::Tensor bytes = batch.bytes();
  const at::Tensor hidden = states(bytes);
  const at::Tensor logits = output_->forward(hidden);
  return {token_losses_of(logits, bytes).mean(1),
          sketch_.features(loss_errors(logits, bytes.to(logits.device())), hidden)};
}

double ByteModelImpl::sketch_flops(std::int64_t length) const {
  const double transforms = 2 * 2.5 * kSketch * std::log2(kSketch);
  const double products = 6.0 * kSketch / 2;  // of complex numbers
  return length * (transforms + products + kBytes + spec_.hidden);
}

Metadata ByteModelImpl::metadata() const {
  return {{"architecture", kByteModel},   {"kind", spec_.kind},
          {"width", text(spec_.width)},   {"hidden", text(spec_.hidden)},
          {"layers", text(spec_.layers)}, {"heads", text(spec_.heads)}};
}

double parameters_of(const ByteModelSpec& spec) {
  const bool ngrams = spec.kind == "ngrams";
  return (ngrams ? ngrams_parameters(spec) : decoder_parameters(spec)) +
         linear_parameters(static_cast<double>(spec.hidden), kBytes);
}

ByteModel make_byte_model(const ByteModelSpec& spec, std::uint64_t seed) {
  torch::manual_seed(seed);
  return new_model(spec);
}

ByteModel load_byte_model(const SafetensorsFile& file) {
  expect_architecture(file, kByteModel);
  const auto kind = file.metadata().find("kind");
  const ByteModelSpec spec{.kind = kind == file.metadata().end() ? "" : kind->second,
                           .width = number(file, "width"),
                           .hidden = number(file, "hidden"),
                           .layers = number(file, "layers"),
                           .heads = number(file, "heads")};
  // What is said must be no more than what is there, before anything is made of it.
  const auto arrays = static_cast<std::int64_t>(file.arrays().size());
  const std::int64_t hidden = file.array("output.weight", "F32", 2).shape[1];
  if (spec.hidden != hidden || spec.layers > arrays || spec.width > (1 << 20)) {
    refuse("load model " + file.path().string(), "metadata of its tensors",
           text("hidden ", spec.hidden, ", layers ", spec.layers, ", width ", spec.width));
  }
  check_model_memory("load model " + file.path().string(), parameters_of(spec));
  ByteModel model = new_model(spec);
  load_parameters(file, *model);
  return model;
}

}  // namespace jest::apps::train
