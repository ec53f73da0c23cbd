#pragma once
// ACED: ACID, and on what was picked the learner is taught the reference's matching as well.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kAced{
    .name = "aced",
    .paper = "Udandarao et al. 2024, arXiv 2411.18674",
    .chunks = 16,
    .gain = 100,
    .interaction = InteractionSchedule{1, 0},
    .trained_by = TrainedBy::kDistillation,
    .reference_size = ReferenceSize::kAtLeastTheLearners,
};

}  // namespace jest
