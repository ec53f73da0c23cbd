#pragma once
// ACID: JEST with a reference larger than the learner, which then acts as a teacher through the
// choice of data alone.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kAcid{
    .name = "acid",
    .paper = "Udandarao et al. 2024, arXiv 2411.18674",
    .chunks = 16,
    .gain = 100,
    .interaction = InteractionSchedule{1, 0},
    .reference_size = ReferenceSize::kAtLeastTheLearners,
};

}  // namespace jest
