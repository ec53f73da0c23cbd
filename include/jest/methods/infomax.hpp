#pragma once
// InfoMax: important examples that are unlike each other in the reference's embeddings. The paper
// prunes a data set once; here its objective is maximised over every super-batch, importance being
// learnability.

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kInfomax{
    .name = "infomax",
    .paper = "Tan et al. 2025, arXiv 2506.01701",
    .criterion = Criterion::kDiversity,
    .interaction = InteractionSchedule{1, 0},
};

}  // namespace jest
