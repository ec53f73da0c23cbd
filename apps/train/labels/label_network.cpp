#include "train/labels/label_network.hpp"

#include "jest/core/error.hpp"
#include "train/convolutions.hpp"
#include "train/model_file.hpp"
#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr const char* kLabelNetwork = "jest label network 1";

/// The architecture is read off the shapes.
LabelNetworkSpec label_spec_of(const SafetensorsFile& file) {
  const auto& first = file.array("convolutions.0.weight", "F32", 4).shape;
  const auto& hidden = file.array("hidden.weight", "F32", 2).shape;
  const auto& label = file.array("label.weight", "F32", 2).shape;
  if (first[0] < 1 || hidden[0] < 1 || hidden[1] < 1 || label[0] < 1) {
    refuse("load model " + file.path().string(), "tensors that hold something", "an empty one");
  }
  return {.labels = label[0],
          .side = side_of_convolved(hidden[1], first[0]),
          .channels = first[0],
          .hidden = hidden[0]};
}

}  // namespace

LabelNetworkImpl::LabelNetworkImpl(const LabelNetworkSpec& spec) : spec_(spec) {
  using torch::nn::Linear;
  convolutions_ = register_module("convolutions", strided_convolutions(spec.channels));
  hidden_ =
      register_module("hidden", Linear(convolved_features(spec.channels, spec.side), spec.hidden));
  label_ = register_module("label", Linear(spec.hidden, spec.labels));
}

at::Tensor LabelNetworkImpl::logits(const ImageBatch& batch) {
  const at::Tensor images = batch.images().to(label_->weight.device());
  const at::Tensor features = convolutions_->forward(images).flatten(1);
  return label_->forward(torch::relu(hidden_->forward(features)));
}

at::Tensor LabelNetworkImpl::losses(const ImageBatch& batch) {
  namespace F = torch::nn::functional;
  const at::Tensor scores = logits(batch);
  return F::cross_entropy(scores.to(at::kFloat), labels_of(batch).to(scores.device()),
                          F::CrossEntropyFuncOptions().reduction(torch::kNone));
}

double LabelNetworkImpl::forward_flops() const {
  const std::int64_t features = convolved_features(spec_.channels, spec_.side);
  return convolution_flops(spec_.channels, spec_.side) +
         2.0 * spec_.hidden * (features + spec_.labels);
}

Metadata LabelNetworkImpl::metadata() const { return {{"architecture", kLabelNetwork}}; }

at::Tensor labels_of(const ImageBatch& batch) {
  const auto& rows = batch.rows();
  at::Tensor labels = torch::empty({rows.size()}, at::kLong);
  auto* out = labels.data_ptr<std::int64_t>();
  for (const std::int64_t row : rows.rows()) *out++ = rows.table().names[row];
  return labels;
}

double parameters_of(const LabelNetworkSpec& spec) {
  const double hidden = static_cast<double>(spec.hidden);
  return convolution_parameters(static_cast<double>(spec.channels), static_cast<double>(spec.side),
                                hidden) +
         linear_parameters(hidden, static_cast<double>(spec.labels));
}

LabelNetwork make_label_network(const LabelNetworkSpec& spec, std::uint64_t seed) {
  torch::manual_seed(seed);
  return LabelNetwork(spec);
}

LabelNetwork load_label_network(const SafetensorsFile& file) {
  expect_architecture(file, kLabelNetwork);
  LabelNetwork network(label_spec_of(file));
  load_parameters(file, *network);
  return network;
}

}  // namespace jest::apps::train
