#pragma once
// The CUDA backend's entry. Without it, src/select/no_cuda.cpp stands in and throws a clear error,
// so that callers need no #ifdef.

#include "jest/criteria/contrastive.hpp"
#include "jest/select/selection.hpp"

namespace jest::cuda {

/// Whether this build has the CUDA backend.
bool available();

/// Throws jest::Error when the library was built without CUDA.
Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec);
Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec);

}  // namespace jest::cuda
