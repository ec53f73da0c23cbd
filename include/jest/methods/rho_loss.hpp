#pragma once
// RHO-LOSS: the b examples of the largest loss beyond what a model of held-out data would lose.
// Ranked, not drawn; the irreducible losses are computed once and looked up by id.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kRhoLoss{
    .name = "rho-loss",
    .paper = "Mindermann et al. 2022, arXiv 2206.07137",
    .sampler = Preset::kTopK,
    .reference_source = ReferenceSource::kCached,
};

}  // namespace jest
