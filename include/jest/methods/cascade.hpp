#pragma once
// The cascade, this library's own: a large super-batch thinned by the reference's cached losses,
// then joint learnability on what is left. docs/method.md, section "Cascade".

#include "jest/methods/method.hpp"

namespace jest {

inline constexpr Method kCascade{
    .name = "cascade",
    .first_stage = FirstStage::kCachedLosses,
    .reference_source = ReferenceSource::kCached,
};

}  // namespace jest
