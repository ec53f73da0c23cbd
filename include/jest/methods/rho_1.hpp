#pragma once
// Rho-1: uniform batches of sequences, of which only the most learnable tokens are trained on. For
// models that give a loss per token. The share that is kept is the user's; the paper keeps 60 %.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kRho1{
    .name = "rho-1",
    .paper = "Lin et al. 2024, arXiv 2404.07965",
    .criterion = Criterion::kNone,
    .trained_by = TrainedBy::kLearnableTokens,
    .reference_source = ReferenceSource::kLive,
};

}  // namespace jest
