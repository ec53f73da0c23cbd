#pragma once
// Uniform sampling: what every other method has to beat.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kUniform{
    .name = "uniform",
    .criterion = Criterion::kNone,
    .sampler = Preset::kUniform,
};

}  // namespace jest
