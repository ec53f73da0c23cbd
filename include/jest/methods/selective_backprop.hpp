#pragma once
// Selective-Backprop: examples are drawn by the percentile of their loss, hard ones more often; no
// reference. The percentile is of the super-batch, where the paper keeps a history, and exactly b
// are drawn.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kSelectiveBackprop{
    .name = "selective-backprop",
    .paper = "Jiang et al. 2019, arXiv 1910.00762",
    .criterion = Criterion::kLossRanks,
    .score = kHardLearner,
    .sampler = Preset::kIndependent,
    .gain = 1,
};

}  // namespace jest
