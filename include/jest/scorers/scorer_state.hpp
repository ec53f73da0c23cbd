#pragma once
// What a scorer remembers, among the tensors of whoever keeps it.

#include "jest/torch/arrays.hpp"

namespace jest::detail {

/// A scorer's state under names that no learner's has, and back. A checkpoint without any comes
/// back empty: to refuse it is the scorer's.
JEST_EXPORT NamedTensors with_prefix(const NamedTensors& scorer_state);
JEST_EXPORT NamedTensors scorer_state_of(const NamedTensors& checkpoint);

}  // namespace jest::detail
