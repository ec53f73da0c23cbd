#include "train/convolutions.hpp"

#include <cmath>

#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kLayers = 3;

std::int64_t channels_after(std::int64_t channels, std::int64_t layer) {
  return layer == 0 ? 1 : channels << (layer - 1);
}

}  // namespace

torch::nn::Sequential strided_convolutions(std::int64_t channels) {
  using namespace torch::nn;
  Sequential convolutions;
  for (std::int64_t layer = 0; layer < kLayers; ++layer) {
    convolutions->push_back(Conv2d(
        Conv2dOptions(channels_after(channels, layer), channels_after(channels, layer + 1), 3)
            .stride(2)
            .padding(1)));
    convolutions->push_back(ReLU());
  }
  return convolutions;
}

std::int64_t convolved_features(std::int64_t channels, std::int64_t side) {
  return channels_after(channels, kLayers) * (side / 8) * (side / 8);
}

double convolution_parameters(double channels, double side, double hidden) {
  double parameters = 0;
  double before = 1;
  for (double after = channels; after <= 4 * channels; after *= 2) {
    parameters += linear_parameters(9 * before, after);
    before = after;
  }
  const double places = std::floor(side / 8) * std::floor(side / 8);
  return parameters + linear_parameters(before * places, hidden);
}

double convolution_flops(std::int64_t channels, std::int64_t side) {
  double flops = 0;
  for (std::int64_t layer = 0; layer < kLayers; ++layer) {
    const std::int64_t places = (side >> (layer + 1)) * (side >> (layer + 1));
    flops +=
        2.0 * places * 9 * channels_after(channels, layer) * channels_after(channels, layer + 1);
  }
  return flops;
}

std::int64_t side_of_convolved(std::int64_t features, std::int64_t channels) {
  const std::int64_t places = features / channels_after(channels, kLayers);
  return 8 * static_cast<std::int64_t>(std::lround(std::sqrt(places)));
}

}  // namespace jest::apps::train
