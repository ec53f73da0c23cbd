#pragma once
// Flexi-JEST: JEST that scores at a lower resolution, at which half of each batch is trained on, so
// that an update costs little more than a uniform one. The model must be able to embed both; the
// reference, which knows the whole only, gave its embeddings before.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kFlexiJest{
    .name = "flexi-jest",
    .paper = "Evans et al. 2024, arXiv 2406.17711, section 3.3",
    .chunks = 16,
    .gain = 100,
    .interaction = InteractionSchedule{1, 0},
    .seen_as = SeenAs::kCheaper,
    .reference_source = ReferenceSource::kCached,
};

}  // namespace jest
