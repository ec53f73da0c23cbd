#pragma once
// GREATS: one after the other, the example whose gradient leads best towards a curated batch given
// those already taken. For models with gradient features; no reference.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kGreats{
    .name = "greats",
    .paper = "Wang et al. 2024, GREATS, NeurIPS",
    .criterion = Criterion::kGradients,
    .score = kHardLearner,
    .sampler = Preset::kGreedy,
    .interaction = InteractionSchedule{1, 0},
};

}  // namespace jest
