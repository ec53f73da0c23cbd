#include "train/images/caption_towers.hpp"

#include <charconv>

#include "train/model_file.hpp"
#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kMostOfOne = 1 << 24;

/// The numbers of a spec by the names that they have in the metadata.
std::vector<std::pair<const char*, std::int64_t*>> numbers_of(CaptionTowersSpec& spec) {
  return {{"side", &spec.picture.side},
          {"colours", &spec.picture.colours},
          {"channels", &spec.picture.channels},
          {"depth", &spec.picture.depth},
          {"embedding", &spec.picture.embedding},
          {"buckets", &spec.buckets},
          {"width", &spec.width},
          {"hidden", &spec.hidden}};
}

const std::string& word(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) {
    refuse("load model " + file.path().string(), "metadata " + key, "none");
  }
  return found->second;
}

std::int64_t number(const SafetensorsFile& file, const std::string& key) {
  const std::string& digits = word(file, key);
  std::int64_t value = 0;
  const auto end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end || value < 1 || value > kMostOfOne) {
    refuse("load model " + file.path().string(), text(key, ", from 1 to ", kMostOfOne), digits);
  }
  return value;
}

CaptionTowersSpec spec_of(const SafetensorsFile& file) {
  CaptionTowersSpec spec;
  spec.picture.kind = word(file, "image_tower");
  for (const auto& [key, value] : numbers_of(spec)) *value = number(file, key);
  check_picture_tower(spec.picture);
  double held = 0;
  for (const auto& [name, array] : file.arrays()) held += static_cast<double>(array.elements());
  if (parameters_of(spec) != held) {  // before memory is taken for what the file does not hold
    refuse("load model " + file.path().string(),
           text(parameters_of(spec), " parameters, as its metadata have it"), held);
  }
  return spec;
}

}  // namespace

CaptionTowersImpl::CaptionTowersImpl(const CaptionTowersSpec& spec)
    : ImageTowersImpl({.bias = spec.initial_bias}), spec_(spec) {
  picture_ = register_module("picture", make_picture_tower(spec.picture));
  caption_ = register_module("caption", TextTower(spec.text()));
}

at::Tensor CaptionTowersImpl::embed_images(const at::Tensor& images, Resolution resolution) {
  const bool half = resolution == Resolution::kHalf;
  return torch::nn::functional::normalize(
      picture_->forward(half ? at::avg_pool2d(images, {2, 2}) : images));
}

at::Tensor CaptionTowersImpl::embed_names(const FeatureBags& words) {
  return caption_->forward(words);
}

double CaptionTowersImpl::forward_flops(Resolution resolution, double features) const {
  const std::int64_t side =
      resolution == Resolution::kHalf ? spec_.picture.side / 2 : spec_.picture.side;
  const double caption =
      features * spec_.width + 2.0 * spec_.hidden * (spec_.width + spec_.picture.embedding);
  return picture_->flops(side) + caption;
}

Metadata CaptionTowersImpl::metadata() const {
  CaptionTowersSpec spec = spec_;
  Metadata metadata{{"architecture", kCaptionTowers}, {"image_tower", spec.picture.kind}};
  for (const auto& [key, value] : numbers_of(spec)) metadata[key] = text(*value);
  return metadata;
}

double parameters_of(const CaptionTowersSpec& spec) {
  const double width = static_cast<double>(spec.width);
  const double hidden = static_cast<double>(spec.hidden);
  const double caption = spec.buckets * width + 2 * width + linear_parameters(width, hidden) +
                         linear_parameters(hidden, static_cast<double>(spec.picture.embedding));
  return parameters_of(spec.picture) + caption + 2;  // and the scale, and the bias
}

CaptionTowers make_caption_towers(const CaptionTowersSpec& spec, std::uint64_t seed) {
  torch::manual_seed(seed);
  return CaptionTowers(spec);
}

CaptionTowers load_caption_towers(const SafetensorsFile& file) {
  expect_architecture(file, kCaptionTowers);
  CaptionTowers towers(spec_of(file));
  load_parameters(file, *towers);
  return towers;
}

}  // namespace jest::apps::train
