#pragma once
// How the cpu backend computes: threads, instruction set, what is multiplied.

#include <cstdint>
#include <string_view>
#include <vector>

namespace jest::cpu {

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

}  // namespace jest::cpu
