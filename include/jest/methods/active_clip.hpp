#pragma once
// ActiveCLIP: learnability under a small proxy that learns online beside a larger learner, drawn
// independently. The learner itself is never run for scoring.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kActiveClip{
    .name = "active-clip",
    .paper = "Evans et al. 2023, arXiv 2312.05328",
    .sampler = Preset::kIndependent,
    .scored_by = ScoredBy::kOnlineProxy,
};

}  // namespace jest
