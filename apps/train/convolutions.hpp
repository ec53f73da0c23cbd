#pragma once
// The convolutions that models of small pictures begin with: three of stride 2, each with ReLU, of
// C, 2C and 4C channels. A picture of side S ends as 4C channels of side S/8.

#include <torch/torch.h>

namespace jest::apps::train {

/// Of grey pictures [n, 1, S, S].
torch::nn::Sequential strided_convolutions(std::int64_t channels);

/// What a picture ends as, in numbers.
std::int64_t convolved_features(std::int64_t channels, std::int64_t side);

/// Of the convolutions, and of a linear layer on what they leave of an image.
double convolution_parameters(double channels, double side, double hidden);

/// Multiply-add FLOPs of a picture.
double convolution_flops(std::int64_t channels, std::int64_t side);

/// S, of pictures that end as so many numbers.
std::int64_t side_of_convolved(std::int64_t features, std::int64_t channels);

}  // namespace jest::apps::train
