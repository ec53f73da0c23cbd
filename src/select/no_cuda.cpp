#include "jest/core/error.hpp"
#include "jest/select/cuda.hpp"

namespace jest::cuda {

bool available() { return false; }

Selection select(const SigmoidPairs&, const SelectionSpec&) {
  throw Error("select: backend cuda was asked for, and this build has none");
}

Selection select(const SoftmaxPairs&, const SelectionSpec&) {
  throw Error("select: backend cuda was asked for, and this build has none");
}

}  // namespace jest::cuda
