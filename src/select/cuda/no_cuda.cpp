// The CUDA backend of a build without CUDA: it is not available, and says so.

#include "jest/core/error.hpp"
#include "jest/select/cuda.hpp"

namespace jest::cuda {
namespace {

[[noreturn]] void refuse_cuda() {
  throw Error("select: backend cuda was asked for, and this build has none");
}

}  // namespace

bool available() { return false; }
int device_count() { return 0; }

struct Selector::State {};
Selector::Selector(const Engine&) { refuse_cuda(); }
Selector::Selector(Selector&&) noexcept = default;
Selector& Selector::operator=(Selector&&) noexcept = default;
Selector::~Selector() = default;
void Selector::enqueue(const DeviceCriterion&, const SelectionSpec&, const DeviceAnswer&,
                       const Workspace&) {
  refuse_cuda();
}

Selection select(const SigmoidPairs&, const SelectionSpec&) { refuse_cuda(); }
Selection select(const SoftmaxPairs&, const SelectionSpec&) { refuse_cuda(); }
Selection select(const GradientAlignment&, const SelectionSpec&) { refuse_cuda(); }
Selection select(const EmbeddingDiversity&, const SelectionSpec&) { refuse_cuda(); }
Selection select(const Losses&, const SelectionSpec&, const ScoreWeights&) { refuse_cuda(); }
Selection select(const SigmoidPairs&, const SelectionSpec&, const Engine&) { refuse_cuda(); }
Selection select(const SoftmaxPairs&, const SelectionSpec&, const Engine&) { refuse_cuda(); }

}  // namespace jest::cuda
