#pragma once
// The CUDA backend: embeddings, losses or gradient features in device memory go in, picks stay
// there.
//
//   cuda::Selector selector{{}};                              // once per device and thread
//   const auto bytes = cuda::workspace_bytes(pairs, spec, {});
//   selector.enqueue(pairs, spec, answer, {memory, bytes, stream});
//
// Contract of `enqueue`: it only enqueues. No wait for the device, and no device memory but what
// CUDA itself takes for code and graphs; whoever waits for `stream` finds indices, scores and a
// Status in device memory, and calls check_status on a copy of it. Sampling is the one of
// select/sampler.hpp: the same noise bits, the same total order. Results are a function of the
// arguments, the device's model and the version of cuBLASLt; they do not depend on streams, on
// earlier calls or on what the workspace held. Own terms and running sums are float64. Of the
// contrastive criteria, products are made of `Engine::operands` and float32 sums, functions are
// float32: scores differ from the cpu backend's by that, and picks where two keys are that close; a
// logit beyond float32 makes a score NaN or infinite. The other criteria are float64 throughout and
// do not look at operands and route.
//
// The first call with some shape and workspace runs its kernels one by one, the second one captures
// them in a CUDA graph, later ones replay it whatever seed, step, gain, weights and pointers are.
//
// This header needs no CUDA header. In a build without CUDA `select` and the constructor of
// Selector throw jest::Error.

#include <cstdint>
#include <memory>

#include "jest/criteria/contrastive.hpp"
#include "jest/criteria/linear_pairs.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/select/cuda_criteria.hpp"
#include "jest/select/selection.hpp"

namespace jest::cuda {

/// Whether this build has the CUDA backend.
bool available();

/// Devices that the driver shows; 0 without a driver, a device or the backend. Never throws. That
/// this build has code for one is for the constructor of Selector to say.
int device_count();

/// What may be wrong with a selection that only the device could see; bits of Status::faults.
enum Fault : std::uint32_t {
  kNegativeId = 1,
  kRepeatedId = 2,
  kTooFewEligible = 4,
  kTooFewInRound = 8,
  kOperandOverflow = 16,  ///< a finite embedding is infinite as float16 or float16x3
  kLogitRange = 32,       ///< route fused of softmax pairs: a sum beyond float32
};

/// Written by the device beside the picks, which mean nothing when there is a fault.
struct Status {
  std::uint32_t faults = 0;
  std::uint32_t round = 0;          ///< of kTooFewInRound, and of the next two
  std::int64_t available = 0;       ///< neither picked nor NaN
  std::int64_t minus_infinite = 0;  ///< of those, scored −inf
  std::int64_t eligible = 0;        ///< candidates whose own term is not NaN
  std::int64_t nan_count = 0;       ///< distinct candidates set aside because a score was NaN
  std::int64_t id = 0;              ///< of kNegativeId or kRepeatedId
  double mean_own_score_super_batch = 0;
  double mean_own_score_picks = 0;
};

/// Where a selection leaves its answer, all in device memory; as Selection.
struct DeviceAnswer {
  std::int64_t* indices = nullptr;  ///< [b]
  double* scores = nullptr;         ///< [b]
  Status* status = nullptr;         ///< [1]
};

/// The caller's memory and stream. One workspace serves one selection at a time.
struct Workspace {
  void* data = nullptr;  ///< device memory, aligned to 256 bytes
  std::int64_t bytes = 0;
  void* stream = nullptr;  ///< a cudaStream_t; null is the legacy default stream
};

/// Bytes that `enqueue` with these arguments needs; pointers in them are not looked at. For
/// B candidates, c picks of the largest round, S = min(c, 4096) rounded up to 8, width d of the
/// wider model rounded up to 16, e bytes of an operand (6 of float16x3), and T = 64 MiB / 4S rows
/// of a tile (at most 16384 and B, in whole 256s):
///   lists and sums   ≤ 112·B + 256 for each of at most 25 arrays
///   sort             32·B + 4 MiB
///   picked rows      2·S·d·e a model
///   two tiles        2·T·(d·e + 4·S) + 2·32 MiB; none of the last two lines without pair terms
///   linear pairs     instead of the last two lines ≤ 8·257·d
/// Throws what `enqueue` would throw before any work.
std::int64_t workspace_bytes(const DeviceCriterion& criterion, const SelectionSpec& spec,
                             const Engine& engine);

/// Throws what the host's sampler throws of such a selection of `candidates`.
void check_status(const Status& status, const SelectionSpec& spec, std::int64_t candidates);

/// Holds what outlives a call: a cuBLASLt handle, a second stream, captured graphs. Belongs to the
/// device that was current when it was made, and to one thread at a time.
class Selector {
 public:
  /// Throws where the current device is of a compute capability that this build has no code for.
  explicit Selector(const Engine& engine);
  Selector(Selector&&) noexcept;
  Selector& operator=(Selector&&) noexcept;
  ~Selector();

  /// `spec.backend` and `spec.threads` are ignored. Throws on impossible arguments, on a workspace
  /// that is too small, on another current device, and when CUDA refuses a call.
  void enqueue(const DeviceCriterion& criterion, const SelectionSpec& spec,
               const DeviceAnswer& answer, const Workspace& workspace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The same from host memory to host memory: uploads, selects, waits, downloads. For programs that
/// keep their embeddings on the host, and for tests. Throws as the cpu backend does.
Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec);
Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec);
Selection select(const GradientAlignment& criterion, const SelectionSpec& spec);
Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec);
Selection select(const Losses& losses, const SelectionSpec& spec, const ScoreWeights& weights);

/// The same with an engine by name.
Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec, const Engine& engine);
Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec, const Engine& engine);

}  // namespace jest::cuda
