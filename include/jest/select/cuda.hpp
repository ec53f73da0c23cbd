#pragma once
// The CUDA backend: embeddings, losses or gradient features in device memory go in, picks stay
// there.
//
//   cuda::Selector selector{{}};                              // once per device and thread
//   const auto bytes = cuda::workspace_bytes(pairs, spec, {});
//   selector.enqueue(pairs, spec, answer, {memory, bytes, stream});
//
// Contract of `enqueue`: it only enqueues. No wait for the device, and no device memory but what
// CUDA itself takes for code and graphs; after waiting for `stream` the caller finds
// indices, scores and a DeviceReport in device memory, and calls check_report on a copy of it.
// Sampling is the one of select/sampler.hpp: the same noise bits, the same total order. Results are
// a function of the arguments, the device's model and the version of cuBLASLt; they do not depend
// on streams, on earlier calls or on what the workspace held. Own terms and running sums are
// float64. Of the contrastive criteria, products are made of `Engine::operands` and float32 sums,
// functions are float32: scores differ from the cpu backend's by that, and picks where two keys are
// that close; a logit beyond float32 makes a score NaN or infinite. The other criteria are float64
// throughout and ignore operands and route.
//
// The first call with some shape and workspace runs its kernels one by one, the second one captures
// them in a CUDA graph, later ones replay it whatever seed, step, gain, weights and pointers are.
//
// This header needs no CUDA header. In a build without CUDA `select` and the constructor of
// Selector throw jest::Error.

#include <cstdint>
#include <memory>
#include <variant>

#include "jest/criteria/contrastive.hpp"
#include "jest/criteria/linear_pairs.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/select/selection.hpp"

namespace jest::cuda {

// How it computes.

/// What embeddings in device memory are made of.
enum class Element { kFloat32, kFloat16, kBfloat16 };

/// What tensor cores multiply; sums are float32. Rounding happens on the way into a tile.
enum class Operands {
  kAsStored,  ///< float16 for float32 and float16 embeddings, bfloat16 for bfloat16 ones
  kFloat16,   ///< 11 bits of mantissa; finite values beyond 65504 are a fault
  kBfloat16,  ///< 8 bits
  kTf32,      ///< float32 in memory, 11 bits in the products
  kFloat32,   ///< exact operands, no tensor cores
  /// Each float32 as the sum of two float16, three products: 22 bits, three times the work of
  /// kFloat16; finite values beyond 65504 are a fault, infinite ones make NaN. Beside the rounding
  /// of float32 sums, a product of rows x and y of width d is off by at most
  /// 3·2^-22·Σ_k |x_k·y_k| + 2^-29·Σ_k (|x_k| + |y_k|) + 2^-43·d.
  kFloat16x3,
};

/// Who multiplies, and where the logits go.
enum class Route {
  /// kFused where it exists for the device, the operands and the shape, sigmoid only
  kDefault,
  kProducts,  ///< cuBLASLt writes tiles of logits, a kernel reduces their rows
  /// A product whose epilogue reduces the logits; compute capability 9.0 only. Softmax pairs have
  /// it by name alone: it sums without a maximum, and a candidate whose largest logit among 4096
  /// picks is not between −62 and 83 (plus t − 83 for scales t beyond 83) is a fault.
  kFused,
};

enum class Launch {
  kGraph,   ///< captured once per shape and workspace, then replayed
  kDirect,  ///< kernel by kernel
};

struct Engine {
  Operands operands = Operands::kAsStored;
  Route route = Route::kDefault;
  Launch launch = Launch::kGraph;
};

// What it selects by: the criteria of criteria/*.hpp over device memory, not owned.

/// A row-major [rows, cols] matrix in device memory, not owned.
struct DeviceMatrix {
  const void* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t row_stride = 0;  ///< elements from one row to the next; at least `cols`
  Element element = Element::kFloat32;
};

/// As EmbeddingsView; x and y have one element type.
struct DeviceEmbeddings {
  DeviceMatrix x;
  DeviceMatrix y;
  double scale = 1;
  double bias = 0;
};

/// As SigmoidPairs or SoftmaxPairs, in device memory.
struct DevicePairs {
  DeviceEmbeddings learner = {};
  DeviceEmbeddings reference = {};
  ScoreWeights weights = kLearnability;
  Contrast contrast = Contrast::kSigmoid;
  bool include_positive = false;      ///< of softmax pairs only
  const std::int64_t* ids = nullptr;  ///< [B] in device memory; null: positions

  std::int64_t candidates() const {
    return weights.learner != 0 ? learner.x.rows : reference.x.rows;
  }
};

/// As Losses and weights: the separable criterion. A model without a weight may be null.
struct DeviceLosses {
  const float* learner = nullptr;    ///< [B]
  const float* reference = nullptr;  ///< [B]
  std::int64_t rows = 0;             ///< B
  ScoreWeights weights = kLearnability;
  const std::int64_t* ids = nullptr;  ///< [B] in device memory; null: positions

  std::int64_t candidates() const { return rows; }
};

/// As GradientAlignment.
struct DeviceAlignment {
  DeviceMatrix features;              ///< h [B, d]
  const float* direction = nullptr;   ///< v [d]
  double step_size = 1;               ///< η
  const double* added = nullptr;      ///< [B] added to a_i, or null
  const std::int64_t* ids = nullptr;  ///< [B] in device memory; null: positions

  std::int64_t candidates() const { return features.rows; }
  double coefficient(double interaction) const {
    return alignment_coefficient(step_size, interaction);
  }
};

/// As EmbeddingDiversity.
struct DeviceDiversity {
  const double* importance = nullptr;  ///< a [B]
  DeviceMatrix embeddings;             ///< e [B, d], of the reference
  double strength = 1;                 ///< λ
  const std::int64_t* ids = nullptr;   ///< [B] in device memory; null: positions

  std::int64_t candidates() const { return embeddings.rows; }
  double coefficient(double interaction) const {
    return diversity_coefficient(strength, interaction);
  }
};

using DeviceCriterion = std::variant<DevicePairs, DeviceLosses, DeviceAlignment, DeviceDiversity>;

// Whether, and what it leaves.

/// Whether this build has the CUDA backend.
bool available();

/// Devices that the driver shows; 0 without a driver, a device or the backend. Never throws. Does
/// not check that this build has code for them; Selector's constructor does.
int device_count();

/// What may be wrong with a selection that only the device could see; bits of DeviceReport::faults.
enum Fault : std::uint32_t {
  kNegativeId = 1,
  kRepeatedId = 2,
  kTooFewEligible = 4,
  kTooFewInRound = 8,
  kOperandOverflow = 16,  ///< a finite embedding is infinite as float16 or float16x3
  kLogitRange = 32,       ///< route fused of softmax pairs: a sum beyond float32
};

/// Written by the device beside the picks, which mean nothing when there is a fault.
struct DeviceReport {
  std::uint32_t faults = 0;
  std::uint32_t round = 0;          ///< of kTooFewInRound, and of the next two
  std::int64_t available = 0;       ///< neither picked nor NaN
  std::int64_t minus_infinite = 0;  ///< of those, scored −inf
  std::int64_t eligible = 0;        ///< candidates whose own term is not NaN
  std::int64_t nan_count = 0;       ///< distinct candidates set aside because a score was NaN
  std::int64_t id = 0;              ///< of kNegativeId or kRepeatedId
  double mean_own_score_super_batch = 0;
  double mean_own_score_picks = 0;
  double own_score_deviation = 0;
};

/// Where a selection leaves its answer, all in device memory; as Selection.
struct DeviceAnswer {
  std::int64_t* indices = nullptr;  ///< [b]
  double* scores = nullptr;         ///< [b]
  DeviceReport* report = nullptr;   ///< [1]
};

/// The caller's memory and stream. One workspace serves one selection at a time.
struct Workspace {
  void* data = nullptr;  ///< device memory, aligned to 256 bytes
  std::int64_t bytes = 0;
  void* stream = nullptr;  ///< a cudaStream_t; null is the legacy default stream
};

/// Bytes that `enqueue` with these arguments needs; pointers in them are not read. For
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
void check_report(const DeviceReport& report, const SelectionSpec& spec, std::int64_t candidates);

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
