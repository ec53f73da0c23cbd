#pragma once
// DRRho: nothing is left out; every example of a uniform batch is weighted by how far the learner
// is behind the reference on it.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kDrrho{
    .name = "drrho",
    .paper = "Wei et al. 2025, arXiv 2505.06699",
    .criterion = Criterion::kNone,
    .trained_by = TrainedBy::kReferenceWeights,
};

}  // namespace jest
