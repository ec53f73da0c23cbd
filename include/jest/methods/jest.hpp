#pragma once
// JEST: joint selection by learnability, sixteen chunks, as published.
// Its distinguishing property: picks are drawn given the picks before them.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kJest{
    .name = "jest",
    .paper = "Evans et al. 2024, arXiv 2406.17711",
    .chunks = 16,
    .gain = 100,
    .interaction = InteractionSchedule{1, 0},
};

}  // namespace jest
