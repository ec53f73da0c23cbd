#pragma once
// How the cpu backend computes: threads, instruction set, what is multiplied.

#include <string_view>
#include <vector>

namespace jest::cpu {

enum class InstructionSet { kScalar, kAvx2, kAvx512, kNeon };

std::string_view name_of(InstructionSet set);

/// What the products are made of. Sums are as exact in both; bfloat16 rounds the embeddings.
enum class Operands { kFloat32, kBfloat16 };

/// Instruction sets this machine has, fastest first; kScalar is always the last.
std::vector<InstructionSet> instruction_sets();
InstructionSet fastest_instruction_set();

struct Engine {
  int threads = 1;
  Operands operands = Operands::kFloat32;
  InstructionSet instruction_set = fastest_instruction_set();
};

}  // namespace jest::cpu
