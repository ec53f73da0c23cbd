#pragma once
// How the cpu backend of the contrastive criteria computes: threads, instruction set, what is
// multiplied. `select` chooses all of it by itself; tests compare one with the other.
//
// Memory is linear in B, and bits are the same for every instruction set and number of threads.
// Candidates are packed in panels of 32, vector lanes being candidates; a fused kernel turns a
// panel and the newly picked rows into sums of softplus or exp; products of one panel with at most
// 288 picks wait in the caches. Dot products and functions are float32 (or bfloat16 operands, by
// name), sums of at most 96 terms are added in float64. Panels are kept between rounds up to
// kKeptPanelBytes a model, others are packed as they are used; picks are packed 768 at a time. So
// the memory beside the inputs is bounded by that, O(d) and O(B).
//
// Own terms are those of the plain backend, bit for bit. Embeddings that float32 cannot hold
// (infinities, logits beyond 1e20) go to the plain backend.

#include <cstdint>
#include <string_view>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/select/selection.hpp"

namespace jest::cpu {

inline constexpr std::int64_t kKeptPanelBytes = std::int64_t{24} << 20;

enum class InstructionSet { kScalar, kAvx2, kAvx512, kNeon };

std::string_view name_of(InstructionSet set);

/// What the products are made of. Sums are as exact in both; bfloat16 rounds the embeddings, and
/// its last bits depend on how the machine multiplies them (float32's do not).
enum class Operands { kFloat32, kBfloat16 };

/// Instruction sets this machine has, fastest first; kScalar is always the last.
std::vector<InstructionSet> instruction_sets();
InstructionSet fastest_instruction_set();

struct Engine {
  int threads = 1;  ///< at most; never changes a result
  Operands operands = Operands::kFloat32;
  InstructionSet instruction_set = fastest_instruction_set();
  /// Waking a thread costs as much as some work: a round uses one for each of these.
  std::int64_t multiply_adds_per_thread = 4'000'000;
};

/// jest::select by this backend; `spec.backend` and `spec.threads` are ignored. Engines of ranks
/// may differ in threads and instruction sets, but not in how they multiply bfloat16. Throws
/// jest::Error as that does, and on an instruction set that this machine lacks.
Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec, const Engine& engine);
Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec, const Engine& engine);

}  // namespace jest::cpu
